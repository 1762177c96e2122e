// SPDX-License-Identifier: BSD-3-Clause
// Draws the runs of this page from the JSON in it, and links the ladder with the list of events.
// Everything from the trace is put in as text, never as markup.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 92; // the first lifeline
const SPACING = 94;
const RIGHT = 40;
const TOP = 48;
const CHARACTER = 7.25; // its width, in the ladder's font
const BYTES = 64; // of a field, at most
const TONES = {
  sent: "a packet as it was sent",
  changed: "what it became",
  reply: "the filter's own reply",
};

const data = JSON.parse(document.getElementById("data").textContent);
const views = [];
let active = 0;

// ---- making elements ----

function html(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// ---- the ladder ----

function x(column) {
  return LEFT + column * SPACING;
}

function packetName(step) {
  return step.ports ? `${step.name} ${step.ports}` : step.name;
}

function words(step) {
  if (step.kind === "snoop") return `snoop sees ${packetName(step)}`;
  return step.text || "";
}

// For whoever hears the picture.
function spoken(run, step) {
  const name = (column) => run.columns[column].join("");
  const at = `at ${step.time} s`;
  if (step.kind === "look") return `${at}: the filter looks at ${name(step.from)}: ${step.text}`;
  if (step.from === step.to) return `${at}, ${name(step.from)}: ${words(step)}`;
  const way = `${step.name ? packetName(step) : ""} from ${name(step.from)} to ${name(step.to)}`;
  const end = step.kind === "lost" ? ", where it ends" : "";
  return `${at}: ${way}${end}${step.text ? `: ${step.text}` : ""}`;
}

// Breaks a text into lines of at most `room` characters.
function wrapped(text, room) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== "" && last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

// Text to the right of `at`, or to its left, or over all of the picture.
function beside(text, at, y, width, tint) {
  const length = text.length * CHARACTER;
  const attributes = tint ? { class: "tinted" } : {};
  if (at + 12 + length <= width)
    return { node: svg("text", { ...attributes, x: at + 12, y }, text), lines: 1 };
  if (at - 12 - length >= LEFT - 40)
    return {
      node: svg("text", { ...attributes, x: at - 12, y, "text-anchor": "end" }, text),
      lines: 1,
    };
  const lines = wrapped(text, Math.floor((width - LEFT) / CHARACTER));
  const left = Math.max(LEFT, width - 4 - Math.max(...lines.map((l) => l.length)) * CHARACTER);
  const node = svg("text", attributes);
  lines.forEach((line, i) => node.append(svg("tspan", { x: left, y: y + 16 * i }, line)));
  return { node, lines: lines.length };
}

function cross(at, y) {
  return svg("path", {
    class: "cross",
    d: `M${at - 6} ${y - 6}l12 12M${at - 6} ${y + 6}l12 -12`,
  });
}

function arrow(step, y) {
  const from = x(step.from);
  const to = x(step.to);
  const ahead = to > from ? 1 : -1;
  const group = svg("g", {});
  const line = { x1: from, y1: y, x2: to - 9 * ahead, y2: y };
  group.append(svg("line", { class: "arrow", ...line }));
  if (step.tone === "changed") group.append(svg("line", { class: "arrow-core", ...line }));
  for (const stop of step.stops)
    group.append(svg("circle", { class: "stop", cx: x(stop), cy: y, r: 3.5 }));
  const tip = step.kind === "lost" ? to - 6 * ahead : to;
  group.append(
    svg("path", { class: "head", d: `M${tip} ${y}l${-11 * ahead} -6v12z` }),
  );
  const room = Math.abs(to - from) - 12;
  const label = packetName(step).length * CHARACTER <= room ? packetName(step) : step.name;
  if (step.name)
    group.append(svg("text", { class: "label tinted", x: (from + to) / 2, y: y - 7 }, label));
  if (step.kind === "lost") group.append(cross(to, y));
  return group;
}

// Each drawer adds to the step's group and returns how high the step is.
const drawers = {
  move(group, step, y, width) {
    group.append(arrow(step, y + 22));
    if (!step.text) return 32;
    const tint = step.kind === "lost";
    const { node, lines } = beside(step.text, x(step.to), y + 44, width, false);
    group.append(svg("g", { class: tint ? "tone-bad" : "tone-plain" }, node));
    if (tint) node.setAttribute("class", "tinted");
    return 34 + 16 * lines;
  },
  look(group, step, y) {
    const at = { x1: x(step.from), y1: y + 20, x2: x(step.to) - 6, y2: y + 20 };
    const middle = (x(step.from) + x(step.to)) / 2;
    const end = x(step.to);
    group.append(
      svg("line", { class: "look", ...at }),
      svg("path", { class: "looked", d: `M${end - 6} ${y + 20}l6 -6l6 6l-6 6z` }),
      svg("text", { class: "label look-text", x: middle, y: y + 14 }, step.text),
    );
    return 28;
  },
  said(group, step, y, width, mark) {
    const { node, lines } = beside(words(step), x(step.from), y + 16, width, step.tone !== "plain");
    group.append(mark, node);
    return 8 + 16 * lines;
  },
  lost(group, step, y, width) {
    if (step.from !== step.to) return drawers.move(group, step, y, width);
    return drawers.said(group, step, y, width, cross(x(step.from), y + 12));
  },
  become(group, step, y, width) {
    const at = x(step.from);
    const diamond = `M${at - 8} ${y + 12}l8 -8l8 8l-8 8z`;
    return drawers.said(group, step, y, width, svg("path", { class: "mark", d: diamond }));
  },
  snoop(group, step, y, width) {
    const at = x(step.from);
    const eye = svg(
      "g",
      {},
      svg("circle", { class: "arrow", cx: at, cy: y + 12, r: 7 }),
      svg("circle", { class: "mark", cx: at, cy: y + 12, r: 3 }),
    );
    return drawers.said(group, step, y, width, eye);
  },
  say(group, step, y, width) {
    const dot = svg("circle", { class: "mark", cx: x(step.from), cy: y + 12, r: 3 });
    return drawers.said(group, step, y, width, dot);
  },
  end(group, step, y, width) {
    const at = x(step.from);
    const tick = svg("path", { class: "arrow", d: `M${at - 6} ${y + 12}l4 5l8 -10` });
    const mark = step.failed ? cross(at, y + 12) : tick;
    return drawers.said(group, step, y, width, mark);
  },
  again(group, step, y, width) {
    group.append(svg("text", { x: LEFT + 12, y: y + 16 }, step.text));
    return 24;
  },
};

// Time in which nothing happens has one height, however long it is.
function gap(run, y, height, width) {
  const group = svg("g", {}, svg("rect", { class: "gap", x: 0, y, width, height }));
  run.columns.forEach((_, i) =>
    group.append(
      svg("line", { class: "gap-life", x1: x(i), y1: y + 3, x2: x(i), y2: y + height - 1 }),
    ),
  );
  return group;
}

function drawHeadings(run, picture) {
  run.columns.forEach((name, i) => {
    const lines = name.filter((line) => line !== "");
    lines.forEach((line, k) => {
      const y = TOP - 14 - 15 * (lines.length - 1 - k);
      picture.append(svg("text", { class: "heading-text", x: x(i), y }, line));
    });
  });
}

function drawStep(run, step, index, y, width, timed) {
  const group = svg("g", {
    class: `step tone-${step.tone}`,
    role: "option",
    id: `${run.id}-step-${index}`,
    "aria-selected": "false",
    "aria-label": spoken(run, step),
  });
  const band = svg("rect", { class: "band", x: 0, y, width });
  const folded = step.kind === "again" ? gap(run, y, 24, width) : svg("g", {});
  group.append(folded, band);
  const height = drawers[step.kind](group, step, y, width);
  band.setAttribute("height", height);
  if (timed)
    group.append(svg("text", { class: "time", x: LEFT - 14, y: y + 16 }, step.time));
  return { group, height };
}

function drawLadder(run) {
  const width = LEFT + SPACING * (run.columns.length - 1) + RIGHT;
  const picture = svg("svg", { class: "ladder", role: "listbox", tabindex: "0" });
  picture.setAttribute("aria-label", `${run.title}: the packets' ways`);
  const lives = svg("g", {});
  picture.append(lives);
  drawHeadings(run, picture);
  let y = TOP;
  let time = null;
  const groups = run.steps.map((step, i) => {
    if (step.gap) {
      picture.append(
        gap(run, y, 24, width),
        svg("text", { class: "look-text", x: LEFT + 12, y: y + 16 }, step.gap),
      );
      y += 24;
    }
    const { group, height } = drawStep(run, step, i, y, width, step.time !== time);
    picture.append(group);
    time = step.time;
    y += height;
    return group;
  });
  run.columns.forEach((_, i) =>
    lives.append(svg("line", { class: "life", x1: x(i), y1: TOP - 8, x2: x(i), y2: y + 6 })),
  );
  picture.setAttribute("viewBox", `0 0 ${width} ${y + 10}`);
  picture.style.maxWidth = `${width * 1.25}px`;
  return { picture, groups };
}

// ---- events ----

function drawEvents(run) {
  const list = html("ol", {
    class: "events",
    role: "listbox",
    tabindex: "0",
    "aria-label": `${run.title}: events`,
  });
  let time = null;
  const items = run.events.map((event, i) => {
    const item = html(
      "li",
      { role: "option", id: `${run.id}-event-${i}`, "aria-selected": "false" },
      html("span", { class: "when" }, event.time !== time ? event.time : ""),
      html("span", { class: "station" }, event.station),
      html("span", { class: "words" }, event.text),
    );
    time = event.time;
    list.append(item);
    return item;
  });
  return { list, items };
}

// ---- packets ----

function bytes(packet, field) {
  const hex = packet.hex.slice(2 * field.offset, 2 * (field.offset + field.size));
  const shown = hex.match(/../g) || [];
  return shown.length > BYTES ? `${shown.slice(0, BYTES).join(" ")} ...` : shown.join(" ");
}

function same(a, b) {
  return a.name === b.name && a.offset === b.offset;
}

function row(packet, field, before) {
  const old = before && before.fields.find((other) => same(other, field));
  const now = bytes(packet, field);
  const changed = before && (!old || bytes(before, old) !== now);
  const cells = [
    html("td", {}, `0x${field.offset.toString(16).padStart(2, "0")}`),
    html("td", {}, field.name),
  ];
  if (before) cells.push(html("td", { class: "bytes" }, old ? bytes(before, old) : "-"));
  cells.push(html("td", { class: "bytes" }, now));
  const meaning = changed && old ? `${old.text} \u2192 ${field.text}` : field.text;
  cells.push(html("td", {}, changed ? `${meaning} (changed)` : meaning));
  return html("tr", changed ? { class: "changed" } : {}, ...cells);
}

function showPacket(run, event, panel) {
  panel.replaceChildren();
  if (event.packet === undefined) {
    panel.append(html("p", { class: "quiet" }, "This event has no packet."));
    return;
  }
  const packet = run.packets[event.packet];
  const before = event.before === undefined ? null : run.packets[event.before];
  const headings = ["at", "field", ...(before ? ["was"] : []), "bytes", "meaning"];
  const head = html("tr", {});
  for (const heading of headings) head.append(html("th", { scope: "col" }, heading));
  const table = html(
    "table",
    {},
    html("caption", {}, before ? `${before.text} became ${packet.text}` : packet.text),
    html("thead", {}, head),
    html("tbody", {}, ...packet.fields.map((field) => row(packet, field, before))),
  );
  panel.append(table);
}

// ---- choosing ----

function scrollInto(list, item) {
  const top = item.offsetTop - list.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + item.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top + item.offsetHeight - list.clientHeight;
}

function choose(view, index) {
  const { run, groups, items } = view;
  if (index < 0 || index >= run.events.length) return;
  const event = run.events[index];
  view.event = index;
  items.forEach((item, i) => {
    item.setAttribute("aria-selected", String(i === index));
    item.classList.toggle("with", run.events[i].step === event.step);
  });
  groups.forEach((group, i) => {
    group.classList.toggle("chosen", i === event.step);
    group.setAttribute("aria-selected", String(i === event.step));
  });
  view.list.setAttribute("aria-activedescendant", items[index].id);
  view.picture.setAttribute("aria-activedescendant", groups[event.step].id);
  scrollInto(view.list, items[index]);
  showPacket(run, event, view.panel);
  activate(views.indexOf(view));
}

function activate(index) {
  active = index;
  views.forEach((view, i) => view.section.classList.toggle("active", i === index));
}

// The first event of a step, or of the next one that has any.
function firstOf(view, step) {
  return view.run.events.findIndex((event) => event.step === step);
}

// From step to step in the ladder, from event to event elsewhere.
function advance(view, by, inLadder) {
  if (view.event < 0) {
    choose(view, by > 0 ? 0 : view.run.events.length - 1);
    return;
  }
  if (!inLadder) {
    choose(view, view.event + by);
    return;
  }
  let step = view.run.events[view.event].step + by;
  while (step >= 0 && step < view.groups.length && firstOf(view, step) < 0) step += by;
  choose(view, firstOf(view, step));
}

function changeSides(by) {
  if (views.length < 2) return false;
  const next = Math.min(views.length - 1, Math.max(0, active + by));
  const focused = document.activeElement;
  const inLadder = views.some((view) => view.picture === focused);
  const inList = views.some((view) => view.list === focused);
  activate(next);
  if (views[next].event < 0) choose(views[next], 0);
  if (inLadder) views[next].picture.focus();
  if (inList) views[next].list.focus();
  return true;
}

function onKey(key) {
  if (key.altKey || key.ctrlKey || key.metaKey) return;
  const at = views.findIndex((view) => view.section.contains(document.activeElement));
  const view = views[at >= 0 ? at : active];
  const inLadder = document.activeElement === view.picture;
  if (key.key === "ArrowDown") advance(view, 1, inLadder);
  else if (key.key === "ArrowUp") advance(view, -1, inLadder);
  else if (key.key === "Home") choose(view, 0);
  else if (key.key === "End") choose(view, view.run.events.length - 1);
  else if (key.key === "ArrowRight") {
    if (!changeSides(1)) advance(view, 1, inLadder);
  } else if (key.key === "ArrowLeft") {
    if (!changeSides(-1)) advance(view, -1, inLadder);
  } else return;
  key.preventDefault();
}

// What is shown before anybody chooses: the rewrite, or a reply that got lost, or any packet.
function firstChoice(run) {
  const has = (event) => event.packet !== undefined;
  const lost = run.steps.findIndex((step) => step.kind === "lost" && step.tone === "reply");
  const choices = [
    run.events.findIndex((event) => event.before !== undefined),
    run.events.findIndex((event) => event.step === lost && has(event)),
    run.events.findIndex(has),
  ];
  return Math.max(0, choices.find((event) => event >= 0) ?? 0);
}

// ---- the page ----

function drawRun(run, index) {
  run.id = `run-${index}`;
  const { picture, groups } = drawLadder(run);
  const { list, items } = drawEvents(run);
  const panel = html("div", { class: "packet", "aria-live": "polite" });
  const outcome = html("span", { class: `outcome ${run.tone}` }, run.outcome);
  const heading = html("h2", { id: `${run.id}-title` }, run.title);
  const section = html(
    "section",
    { class: "run", "aria-labelledby": `${run.id}-title` },
    html("div", { class: "heading" }, heading, outcome),
    html("ul", { class: "notes" }, ...run.notes.map((note) => html("li", {}, note))),
    picture,
    html("div", {}, html("h3", {}, "Events"), list),
    html("div", {}, html("h3", {}, "Packet"), panel),
  );
  if (run.left_out > 0)
    list.after(html("p", { class: "quiet" }, `${run.left_out} more events are not in this page.`));
  const view = { run, section, picture, groups, list, items, panel, event: -1 };
  items.forEach((item, i) => item.addEventListener("click", () => choose(view, i)));
  groups.forEach((group, i) =>
    group.addEventListener("click", () => choose(view, firstOf(view, i))),
  );
  return view;
}

function drawLegend() {
  const used = new Set(data.runs.flatMap((run) => run.steps.map((step) => step.tone)));
  for (const [tone, text] of Object.entries(TONES)) {
    if (!used.has(tone)) continue;
    const line = { x1: 2, y1: 8, x2: 46, y2: 8 };
    const group = svg("g", { class: `tone-${tone}` }, svg("line", { class: "arrow", ...line }));
    if (tone === "changed") group.append(svg("line", { class: "arrow-core", ...line }));
    const sample = svg("svg", { viewBox: "0 0 48 16", "aria-hidden": "true" }, group);
    document.getElementById("legend").append(html("li", {}, sample, text));
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.setAttribute("aria-pressed", String(theme === "dark"));
}

function start() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
  document.getElementById("theme").addEventListener("click", () =>
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  );
  document.getElementById("source").textContent = data.source;
  const main = document.getElementById("runs");
  main.classList.toggle("several", data.runs.length > 1);
  document.getElementById("keys-runs").hidden = data.runs.length < 2;
  data.runs.forEach((run, i) => {
    views.push(drawRun(run, i));
    main.append(views[i].section);
  });
  drawLegend();
  views.forEach((view) => choose(view, firstChoice(view.run)));
  activate(0);
  document.addEventListener("keydown", onKey);
}

start();
