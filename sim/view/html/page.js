// SPDX-License-Identifier: BSD-3-Clause
// The page of --html: its runs, which step together, its theme, and the address of a step.
"use strict";

// The legend's lines, by their tone, and its marks, each with whether a step of a run has it.
const TONES = {
  sent: "a packet as it was sent; a dot on a line: a station that it passes",
  changed: "the same packet, after a hook has changed it",
  reply: "the filter's own reply",
};
const MARKS = [
  ["a hook looks at the packet, and lets it pass", "plain", (step) => step.kind === "look", () => [
    svg("line", { class: "look", x1: 2, y1: 8, x2: 34, y2: 8 }),
    svg("path", { class: "looked", d: "M34 8l6 -6l6 6l-6 6z" }),
  ]],
  ["here a hook changes the packet", "changed", (step) => step.kind === "become", () => [
    svg("path", { class: "mark", d: "M16 8l8 -8l8 8l-8 8z" }),
  ]],
  ["snoop sees a packet", "plain", (step) => step.kind === "snoop", () => [
    svg("circle", { class: "arrow", cx: 24, cy: 8, r: 6 }),
    svg("circle", { class: "mark", cx: 24, cy: 8, r: 3 }),
  ]],
  ["something is done or said", "plain", (step) => step.kind === "say", () => [
    svg("circle", { class: "mark", cx: 24, cy: 8, r: 3 }),
  ]],
  ["a packet ends, or a call fails", "bad", (step) => step.kind === "lost" || (step.failed && step.tone === "bad"), sampleCross],
  ["refused at once, without a wait", "good", (step) => step.failed && step.tone === "good", sampleCross],
];
const PRINTED = 3000; // rows of a ladder that are printed

const views = [];
let data = { runs: [] };

function live(sentence) {
  document.getElementById("live").textContent = sentence;
}

// The step of another run that belongs to one: of the same instant, counted from its first step, the same one or the
// last; if nothing happens there then, the last step before. So a run that is over stays at its end.
function stepBeside(view, other) {
  const mine = view.run.stepTable.us;
  const now = mine[view.step];
  const { us, count } = other.run.stepTable;
  let place = 0;
  while (place < view.step && mine[view.step - place - 1] === now) place++;
  const first = us.findIndex((time) => time >= now);
  let step = first >= 0 && us[first] === now ? first : Math.max(0, (first >= 0 ? first : count) - 1);
  while (us[step] === now && place-- > 0 && step + 1 < count && us[step + 1] === now) step++;
  return step;
}

function address() {
  const given = new URLSearchParams(location.hash.slice(1));
  return { run: Number(given.get("run") || 1) - 1, step: Number(given.get("step")) - 1 };
}

const page = {
  say: live,
  writesAddress: true,
  chosen: null, // is told of each view whose event is chosen by its user; or null
  changed(view, how) {
    if (this.chosen !== null && how.by !== "together") this.chosen(view);
    if (!how.by || how.by === "together") return;
    const at = views.indexOf(view);
    views.forEach((other, i) => other.section.classList.toggle("active", i === at));
    clearTimeout(this.later); // a browser allows so many a second
    if (this.writesAddress)
      this.later = setTimeout(() => history.replaceState(null, "", `#run=${at + 1}&step=${view.step + 1}`), 200);
    const together = document.getElementById("together");
    if (views.length < 2 || !together.checked) return;
    for (const other of views)
      if (other !== view) other.chooseStep(stepBeside(view, other), { by: "together" });
  },
  // To the run on the other side. => Returns false if there is none.
  side(view, by, inLadder) {
    const next = views[views.indexOf(view) + by];
    if (next === undefined) return views.length > 1;
    (inLadder ? next.ladder.box : next.events.list).focus();
    if (next.event < 0) next.choose(0);
    views.forEach((other) => other.section.classList.toggle("active", other === next));
    return true;
  },
};

function sampleCross() {
  return [svg("path", { class: "cross", d: "M18 2l12 12M18 14l12 -12" })];
}

// What there is among the steps of some runs: each kind, tone and failure once.
function usedSteps(runs) {
  const codes = new Set();
  for (const { stepTable } of runs)
    for (let i = 0; i < stepTable.count; i++)
      codes.add(
        stepTable.kind[i] * 100 + stepTable.tone[i] * 10 + (stepTable.failed[i] ? 1 : 0) +
          (stepTable.from[i] !== stepTable.to[i] ? 2 : 0),
      );
  return Array.from(codes, (code) => ({
    kind: KINDS[Math.floor(code / 100)],
    tone: STEP_TONES[Math.floor(code / 10) % 10],
    failed: (code % 10) % 2 === 1,
    isLine: code % 10 >= 2,
  }));
}

function legendItem(text, tone, drawn) {
  const sample = svg("svg", { viewBox: "0 0 48 16", "aria-hidden": "true" }, svg("g", { class: `tone-${tone}` }, ...drawn));
  return html("li", {}, sample, text);
}

function drawLegend(runs) {
  const used = usedSteps(runs);
  const legend = document.getElementById("legend");
  legend.replaceChildren();
  for (const [tone, text] of Object.entries(TONES)) {
    if (!used.some((step) => step.isLine && step.tone === tone)) continue;
    const line = { x1: 2, y1: 8, x2: 46, y2: 8 };
    const drawn = [svg("line", { class: "arrow line", ...line })];
    if (tone === "changed") drawn.push(svg("line", { class: "arrow-core", ...line }));
    legend.append(legendItem(text, tone, drawn));
  }
  for (const [text, tone, isIt, draw] of MARKS)
    if (used.some(isIt)) legend.append(legendItem(text, tone, draw()));
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = theme === "dark" ? "Light" : "Dark"; // what it leads to
}

function startTheme() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
  document.getElementById("theme").addEventListener("click", () =>
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  );
}

// On paper what is folded away is there, too. What was open stays so afterwards.
function openAll(open) {
  for (const details of document.querySelectorAll("details")) {
    if (open) details.classList.toggle("was-open", details.open);
    details.open = open || details.classList.contains("was-open");
  }
}

// On paper all steps and events are there, up to a limit.
function printed(all) {
  openAll(all);
  for (const view of views) {
    const { ladder, events } = view;
    const many = ladder.rows.length > PRINTED;
    view.section.classList.toggle("cut", many);
    if (all) {
      document.documentElement.classList.add("printing");
      view.layOut();
      ladder.drawn = null;
      ladder.draw(!many);
      events.draw(view.run.events.length <= PRINTED);
    } else {
      document.documentElement.classList.remove("printing");
      view.layOut();
    }
  }
}

function goTo({ run, step }) {
  if (views[run] && step >= 0) views[run].chooseStep(step);
}

// Each run's first choice; where they step together, that of one run, a rewrite if there is one, and what is beside it.
function chooseFirst() {
  const some = views.filter((view) => view.run.events.length > 0);
  const together = document.getElementById("together")?.checked;
  const rewrites = (view) => view.run.eventTable.before.some((number) => number > 0);
  const leader = some.find(rewrites) ?? some[0];
  for (const view of some) if (!together || view === leader) view.choose(firstChoice(view.run));
  for (const view of some) if (view.event < 0) view.choose(view.firsts[stepBeside(leader, view)], { step: stepBeside(leader, view) });
}

// Shows runs in `main`, in place of those that are there.
function showRuns(runs, main) {
  for (const view of views) view.player.stop();
  views.length = 0;
  main.replaceChildren();
  main.classList.toggle("several", runs.length > 1);
  runs.forEach((run, i) => {
    views.push(new RunView(run, i, page));
    main.append(views[i].section);
  });
  drawLegend(runs);
  for (const view of views) view.layOut();
  for (const view of views) if (view.ladder.width() !== view.ladder.geometry.width) view.layOut();
  chooseFirst();
  if (views.length > 0) views[0].section.classList.add("active");
}

// Escape ends what plays, and closes what was opened where the focus is.
function onEscape() {
  for (const view of views) view.player.stop();
  const opened = document.activeElement.closest("details[open]");
  if (opened === null) return;
  opened.open = false;
  opened.querySelector("summary").focus();
}

function watch() {
  document.addEventListener("keydown", (event) => event.key === "Escape" && onEscape());
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const view of views) view.layOut();
  });
  window.addEventListener("beforeprint", () => printed(true));
  window.addEventListener("afterprint", () => printed(false));
}

function start() {
  data = JSON.parse(document.getElementById("data").textContent);
  startTheme();
  document.getElementById("source").textContent = data.source;
  const several = data.runs.length > 1;
  document.getElementById("keys-runs").hidden = !several;
  document.getElementById("together-part").hidden = !several;
  showRuns(data.runs, document.getElementById("runs"));
  const answers = ["fr_make_rst", "fr_make_icmp", "fr_send_reset", "fr_send_icmp_err"];
  const short = document.getElementById("short");
  short.hidden = !data.runs.some((run) => answers.some((name) => name in run.glossary));
  document.getElementById("to-short").hidden = short.hidden;
  document.getElementById("to-short").addEventListener("click", () => (short.open = true));
  goTo(address());
  window.addEventListener("hashchange", () => goTo(address()));
  watch();
}

if (document.getElementById("data") !== null) start();
