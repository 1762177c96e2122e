// SPDX-License-Identifier: BSD-3-Clause
// The lab: what is typed and chosen becomes a command of lo0sim's, which a worker runs (program.js); what it writes is
// shown. A run is deterministic, so a fault is the same run once more with it.
"use strict";

const TYPING_MS = 250;

const given = JSON.parse(document.getElementById("given").textContent);

function at(id) {
  return document.getElementById(id);
}

// ---- what is worked with ----

const FIRST_RULES = `set intercept_loopback true;

block return-rst in on lo0 proto tcp from any to any port = 22
`;

const FIRST = {
  view: "rules",
  rules: FIRST_RULES,
  protocol: "tcp",
  port: "22",
  address: "127.0.0.1",
  listener: "yes",
  era: "post",
  mode: "",
  seed: "1",
  faults: [],
  scenario: "",
  test: "",
  script: "",
  shell: [],
};
const state = structuredClone(FIRST);
const FIELDS = ["rules", "protocol", "port", "address", "listener", "era", "mode", "seed", "scenario", "script"];

function textToLink(text) {
  const bytes = new TextEncoder().encode(text);
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function textOfLink(link) {
  const letters = atob(link.replace(/-/g, "+").replace(/_/g, "/"));
  return new TextDecoder().decode(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)));
}

// Only what is not as at the beginning.
function toLink() {
  const changed = {};
  for (const key of Object.keys(FIRST))
    if (JSON.stringify(state[key]) !== JSON.stringify(FIRST[key])) changed[key] = state[key];
  return `#lab=${textToLink(JSON.stringify(changed))}`;
}

// => Returns false for an address that is no link of the lab's; it then changes nothing.
function takeLink(hash) {
  const link = new URLSearchParams(hash.slice(1)).get("lab");
  if (!link) return false;
  try {
    const wanted = JSON.parse(textOfLink(link));
    for (const key of Object.keys(FIRST))
      state[key] = key in wanted && typeof wanted[key] === typeof FIRST[key] ? wanted[key] : structuredClone(FIRST[key]);
    if (!Array.isArray(state.faults)) state.faults = [];
    if (!Array.isArray(state.shell)) state.shell = [];
    return true;
  } catch {
    say("This link is not whole: what it was to show cannot be read.");
    return false;
  }
}

function say(text) {
  at("message").textContent = text;
}

// ---- commands ----

function worldWords(mode = state.mode) {
  const words = ["--era", state.era, "--seed", state.seed];
  if (mode !== "") words.push("--mode", mode);
  return words;
}

function faultWords() {
  return state.faults.flatMap((fault) => ["--fault", fault]);
}

function luaText(text) {
  return JSON.stringify(text);
}

// What the switches say, as a scenario.
function scriptOfSwitches() {
  const { protocol, address, listener } = state;
  const port = Math.min(65535, Math.max(1, Number(state.port) || 22));
  const lines = [`test(${luaText(`${protocol} to ${address} port ${port}`)}, function(box)`];
  if (listener === "yes" && protocol === "tcp")
    lines.push(
      '  box:spawn("server", function()',
      `    local listener = box:listen(${port})`,
      "    while true do listener:accept():recv() end",
      "  end)",
    );
  if (listener === "yes" && protocol === "udp")
    lines.push(
      '  box:spawn("server", function()',
      `    local server = box:udp(${port})`,
      "    while true do",
      "      local question, from, source = server:recv()",
      '      if question then server:sendto("answer", from, source) end',
      "    end",
      "  end)",
    );
  lines.push('  box:filter{ file = "rules.conf" }');
  if (protocol === "tcp")
    lines.push(
      `  local sock = box:connect(${luaText(address)}, ${port})`,
      '  if sock then sock:send("hello") end',
    );
  else
    lines.push(
      "  local sock = box:udp()",
      `  sock:connect(${luaText(address)}, ${port})`,
      '  if sock:send("question") then sock:recv(5) end',
    );
  lines.push("end)", "");
  return lines.join("\n");
}

// The files that a script finds: its own, the rules of the box, and the project's.
function filesOf(name, script) {
  return { ...given.files, "rules.conf": state.rules, [name]: script };
}

// The runs of a page that a command wrote.
function runsOf(result) {
  const page_ = result.files["page.html"];
  if (page_ === undefined) return null;
  const text = new TextDecoder().decode(page_);
  const begin = text.indexOf(">", text.indexOf('id="data"')) + 1;
  return JSON.parse(text.slice(begin, text.indexOf("</script>", begin))).runs;
}

let latest = 0;
let shown = []; // the commands whose runs are shown, each {words, files}, without faults

// Runs commands that write page.html, and shows their runs beside each other. `step`: which to choose.
// => Returns what the last of them returned.
async function show(commands, step) {
  const ours = ++latest;
  at("waiting").hidden = false;
  at("waiting").textContent = "Running ...";
  const runs = [];
  let result = null;
  for (const { words, files } of commands) {
    result = await program.run([words[0], ...faultWords(), ...words.slice(1)], files);
    if (ours !== latest) return result; // another run was asked for meanwhile
    const written = runsOf(result);
    say(written === null || result.code > 1 ? result.err || result.out : "");
    if (written === null) break;
    runs.push(...written);
  }
  at("waiting").hidden = true;
  if (runs.length < commands.length) return result;
  shown = commands;
  showRuns(runs, at("runs"));
  if (step >= 0) views[0].chooseStep(Math.min(step, views[0].run.steps.length - 1));
  else packetChosen(views[0]);
  live(runs.map(({ outcome, by }) => (by ? `${outcome}: ${by}` : outcome)).join("; "));
  return result;
}

// Shows nothing but a sentence.
function showNone(text) {
  latest++;
  showRuns([], at("runs"));
  at("waiting").hidden = false;
  at("waiting").textContent = text;
}

function commandOfSwitches(mode) {
  const words = ["run", ...worldWords(mode), "--html", "page.html", "lab.lua"];
  return { words, files: filesOf("lab.lua", scriptOfSwitches()) };
}

function runRules(step) {
  return show([commandOfSwitches(state.mode)], step);
}

function compareRules() {
  return show([commandOfSwitches("inject"), commandOfSwitches("rewrite")]);
}

// Shows the chosen test, and says how each test of the script ends.
async function runScript(step) {
  const name = state.scenario || "lab.lua";
  const files = filesOf(name, state.script);
  const words = ["run", "--seed", state.seed, "--html", "page.html"];
  const tests = await testsOf(name, files);
  if (tests === null) return;
  if (!tests.includes(state.test)) state.test = tests[0] || "";
  fillTests(tests);
  words.push(state.test === "" ? name : `${name}:${state.test}`);
  const result = await show([{ words, files }], step);
  const { out, err } = tests.length < 2 ? result : await program.run(["run", "--seed", state.seed, ...faultWords(), name], files);
  at("script-said").textContent = out + err;
}

// => Returns the names of a script's tests; null where it has a mistake, which is shown.
async function testsOf(name, files) {
  const result = await program.run(["run", "--list", name], files);
  if (result.code !== 0) {
    at("script-said").textContent = result.out + result.err;
    return null;
  }
  return result.out.split("\n").filter((line) => line !== "").map((line) => line.slice(name.length + 1));
}

// What belongs to the view, with what is typed and chosen now.
function again(step) {
  if (state.view === "script") return runScript(step);
  if (state.view === "outcomes") return outcomes();
  if (state.view === "shell") return shell.begin(state.shell);
  if (state.view === "lesson") return shown.length > 0 ? show(shown, step) : undefined;
  return shown.length > 1 ? compareRules() : runRules(step);
}

// ---- the rules' findings, as they are typed ----

async function check() {
  const text = state.rules;
  const result = await program.run(["check", "-q", "--era", state.era, "rules.conf"], { "rules.conf": text });
  if (text !== state.rules) return;
  const box = at("findings");
  box.replaceChildren();
  for (const line of (result.out + result.err).split("\n")) {
    const found = /^rules\.conf:(\d+):(\d+): (error|warning): (.*)$/.exec(line);
    if (found === null) continue;
    const [, row, column, kind, what] = found;
    const finding = html("button", { type: "button", class: kind }, `${row}:${column} ${kind}: ${what}`);
    finding.addEventListener("click", () => goToPlace(at("rules"), Number(row), Number(column)));
    box.append(finding);
  }
}

function goToPlace(area, row, column) {
  const lines = area.value.split("\n");
  const begin = lines.slice(0, row - 1).reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
  const word = /^\S*/.exec(area.value.slice(begin))[0];
  area.focus();
  area.setSelectionRange(begin, begin + word.length);
}

// How many characters of a fixed width fit into a part of the page, at least 40, which is the least for lo0sim.
function columnsOfText(part) {
  const letters = html("span", {}, "0".repeat(100));
  const probe = html("pre", { class: "said" }, letters);
  part.append(probe);
  const character = letters.getBoundingClientRect().width / 100;
  const room = part.clientWidth - 16; // within the border
  probe.remove();
  return Math.min(120, Math.max(40, Math.floor(room / character)));
}

async function outcomes() {
  const words = ["outcomes", "-f", "rules.conf", "--era", state.era];
  if (state.mode !== "") words.push("--mode", state.mode);
  const COLUMNS = String(columnsOfText(at("view-outcomes")));
  const result = await program.run(words, { "rules.conf": state.rules }, "", { COLUMNS });
  at("outcomes-said").textContent = result.out + result.err;
}

// ---- faults ----

// What can be done to the chosen packet; it stands beside that.
const packetFaults = at("packet-faults");

// The packet of the chosen step, as faults name it.
function packetNumber(view) {
  const event = view.run.events.at(view.event);
  return event === undefined || event.number === undefined ? 0 : event.number;
}

function packetChosen(view) {
  const number = packetNumber(view);
  const event = view.run.events.at(view.event);
  packetFaults.hidden = number === 0 || event.packet === undefined;
  if (packetFaults.hidden) return;
  view.actions.append(packetFaults);
  const step = view.run.steps.at(view.step);
  at("packet-chosen").textContent = `Packet ${number}${step.name ? `, ${step.name}` : ""}:`;
}

function showFaults() {
  at("faults").replaceChildren();
  state.faults.forEach((fault, i) => {
    const off = html("button", { type: "button", "aria-label": `Without ${fault}` }, "\u00d7");
    off.addEventListener("click", () => {
      state.faults.splice(i, 1);
      changed();
      at("fault-line").focus();
      again();
    });
    at("faults").append(html("li", {}, off, fault));
  });
}

// The run goes on from the step that was chosen; so do keys.
async function addFault(fault) {
  const step = views.length > 0 ? views[0].step : 0;
  state.faults.push(fault);
  changed();
  await again(step);
  if (views.length > 0 && document.activeElement === document.body) views[0].ladder.box.focus();
}

// ---- the page ----

function fill(select, options, chosen) {
  select.replaceChildren();
  for (const [value, text] of options) select.append(html("option", { value }, text));
  select.value = chosen;
}

function fillTests(tests) {
  fill(at("test"), tests.map((test) => [test, test]), state.test);
}

// From the state to the fields.
function put() {
  for (const key of FIELDS) if (at(key).value !== state[key]) at(key).value = state[key];
  showFaults();
  for (const tab of document.querySelectorAll("#views [role=tab]")) {
    const name = tab.id.slice(4);
    tab.setAttribute("aria-selected", String(name === state.view));
    tab.tabIndex = name === state.view ? 0 : -1;
    at(`view-${name}`).hidden = name !== state.view;
  }
  at("lab").dataset.view = state.view;
  at("seen").hidden = state.view === "shell" || state.view === "outcomes";
  at("faults-part").hidden = at("seen").hidden;
  at("world").hidden = state.view === "script" || state.view === "lesson";
}

let typing = 0;

function changed() {
  put();
  clearTimeout(typing);
  typing = setTimeout(() => {
    history.replaceState(null, "", toLink());
    check();
    if (state.view === "outcomes") outcomes();
  }, TYPING_MS);
}

function choose(view) {
  if (view === state.view) return;
  state.view = view;
  if (view === "script" && state.script === "") {
    state.script = scriptOfSwitches();
    state.scenario = "";
  }
  changed();
  enter();
}

// Shows what belongs to the view that was chosen.
function enter() {
  shown = [];
  at("lab").append(at("seen")); // the lesson may have it elsewhere
  if (state.view === "lesson") {
    lesson.show(at("lesson"));
    showNone("Answer a question of the lesson. Then its run is shown here.");
    return undefined;
  }
  return again();
}

async function takeScenario(name) {
  state.scenario = name;
  state.script = name === "" ? scriptOfSwitches() : given.files[name];
  state.test = "";
  state.faults = [];
  changed();
  const tests = await testsOf(name || "lab.lua", filesOf(name || "lab.lua", state.script));
  if (tests !== null) {
    state.test = tests[0] || "";
    fillTests(tests);
    runScript();
  }
}

function listen() {
  for (const key of FIELDS) {
    at(key).addEventListener("input", () => {
      if (key === "scenario") return;
      state[key] = at(key).value;
      changed();
      if (at(key).tagName === "SELECT") again();
    });
  }
  at("scenario").addEventListener("change", () => takeScenario(at("scenario").value));
  at("test").addEventListener("change", () => {
    state.test = at("test").value;
    changed();
    runScript();
  });
  at("run-rules").addEventListener("click", () => runRules());
  for (const [area, button] of [["rules", "run-rules"], ["script", "run-script"]])
    at(area).addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at(button).click();
    });
  at("compare-rules").addEventListener("click", () => compareRules());
  at("run-script").addEventListener("click", () => runScript());
  at("take-script").addEventListener("click", () => takeScenario(""));
  packetFaults.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-fault]");
    const view = views.find((one) => one.section.classList.contains("active"));
    if (pressed === null || view === undefined) return;
    const what = `${pressed.dataset.fault} packet ${packetNumber(view)}`;
    addFault(pressed.dataset.fault === "delay" ? `${what} by ${at("delay").value}` : what);
  });
  at("fault-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = at("fault-line").value.trim();
    at("fault-line").value = "";
    if (text !== "") addFault(text);
  });
  at("shell-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const line = at("shell-line").value;
    at("shell-line").value = "";
    shell.enter(line);
    state.shell = [...shell.lines];
    changed();
  });
  at("shell-line").addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    at("shell-line").value = shell.recall(by);
    event.preventDefault();
  });
  at("shell-anew").addEventListener("click", () => {
    state.shell = [];
    shell.begin([]);
    changed();
  });
  at("link").addEventListener("click", async () => {
    history.replaceState(null, "", toLink());
    try {
      await navigator.clipboard.writeText(location.href);
      live("The link is copied.");
      at("link").textContent = "Copied";
    } catch {
      at("link").textContent = "It is the address of this page";
    }
    setTimeout(() => (at("link").textContent = "Link to this"), 2500);
  });
  at("views").addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab === null) return;
    choose(tab.id.slice(4));
    if (state.view === "shell") at("shell-line").focus();
  });
  at("views").addEventListener("keydown", (event) => {
    const tabs = [...document.querySelectorAll("#views [role=tab]")];
    const now = tabs.findIndex((tab) => tab.tabIndex === 0);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    const next = tabs[(to + tabs.length) % tabs.length];
    choose(next.id.slice(4));
    next.focus();
    event.preventDefault();
  });
  window.addEventListener("hashchange", () => {
    if (takeLink(location.hash)) open();
  });
}

// Shows what the state says.
async function open() {
  put();
  check();
  await enter();
}

function startLab() {
  page.writesAddress = false;
  page.chosen = packetChosen;
  startTheme();
  watch();
  fill(at("era"), given.eras.map((era) => [era, era]), state.era);
  fill(at("mode"), [["", "the era's"], ...given.modes.map((mode) => [mode, mode])], state.mode);
  const names = Object.keys(given.files).filter((name) => /^(scenarios|exercises)\/[^/]+\.lua$/.test(name));
  const title = (name) => name.slice(0, -4).replace("scenarios/", "").replace("exercises/", "exercise ").replace(/_/g, " ");
  fill(at("scenario"), [["", "what the switches say"], ...names.map((name) => [name, title(name)])], "");
  takeLink(location.hash);
  listen();
  open();
}

startLab();
