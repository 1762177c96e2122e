// SPDX-License-Identifier: BSD-3-Clause
// One run: its ladder, and beside it the packet of the chosen step, the rules and the events; buttons that step
// and play.
"use strict";

const BYTES = 64; // of a field, at most
const RULES = 400; // that are shown at once
const STEP_MS = 700; // how long a step is shown while it plays
const TICK_MS = 50;

// ---- what the program wrote, made fit to work with ----

function seconds(us) {
  return (us / 1e6).toFixed(6);
}

// Of the numbers in a step: ladder_kind_t and ladder_tone_t (sim/view/ladder.h).
const KINDS = ["move", "lost", "look", "become", "snoop", "say", "end", "again"];
const STEP_TONES = ["sent", "changed", "reply", "good", "bad", "plain"];
const GAP_US = 100000; // a longer wait is a row of its own

// Done once: the numbers of names become names, and times become text.
function unpack(run) {
  if (!Array.isArray(run.glossary)) return;
  const names = run.glossary.map(([name]) => name);
  run.glossary = Object.fromEntries(run.glossary);
  let us = -1;
  let time = "";
  const timeOf = (now) => {
    if (now !== us) time = seconds((us = now));
    return time;
  };
  let last = 0;
  run.steps = run.steps.map(([kind, tone, at, from, to, stops, name, ports, text, failed]) => {
    const step = { kind: KINDS[kind], tone: STEP_TONES[tone], time: timeOf(at), from, to };
    step.stops = stops || [];
    if (name) step.name = name;
    if (ports) step.ports = ports;
    if (text) step.text = text;
    if (failed) step.failed = true;
    if (step.kind !== "again" && at - last >= GAP_US) step.gap = `${((at - last) / 1e6).toFixed(3)} s`;
    last = at;
    return step;
  });
  run.events = run.events.map(([at, step, name, text, packet, number, before, rule]) => {
    const event = { time: timeOf(at), step, station: names[name], text, number };
    if (packet >= 0) event.packet = packet;
    if (before >= 0) event.before = before;
    if (rule >= 0) event.rule = rule;
    return event;
  });
}

// ---- packets ----

// The fields of a packet, from the shape that it shares with others.
function fieldsOf(run, packet) {
  if (!packet.fields)
    packet.fields = run.shapes[packet.shape].map(([offset, size, name], i) => {
      return { offset, size, name, text: packet.means[i] };
    });
  return packet.fields;
}

function bytes(packet, field) {
  const hex = packet.hex.slice(2 * field.offset, 2 * (field.offset + Math.min(field.size, BYTES)));
  const shown = hex.match(/../g) || [];
  return shown.length < field.size ? `${shown.join(" ")} ...` : shown.join(" ");
}

function packetRow(run, packet, field, before) {
  const old = before && fieldsOf(run, before).find((other) => other.name === field.name && other.offset === field.offset);
  const now = bytes(packet, field);
  const changed = before && (!old || bytes(before, old) !== now);
  const cells = [
    html("td", { class: "at" }, `0x${field.offset.toString(16).padStart(2, "0")}`),
    html("th", { scope: "row" }, field.name),
  ];
  if (before) cells.push(html("td", { class: "bytes" }, old ? bytes(before, old) : "-"));
  cells.push(html("td", { class: "bytes" }, now));
  const meaning = changed && old ? `${old.text} \u2192 ${field.text}` : field.text;
  cells.push(html("td", {}, changed ? `${meaning} (changed)` : meaning));
  return html("tr", changed ? { class: "changed" } : {}, ...cells);
}

function packetTable(run, event) {
  if (event.packet === undefined) return html("p", { class: "quiet" }, "This step has no packet.");
  const packet = run.packets[event.packet];
  const before = event.before === undefined ? null : run.packets[event.before];
  const headings = ["at", "field", ...(before ? ["was"] : []), "bytes", "meaning"];
  const head = html("tr", {});
  for (const heading of headings) head.append(html("th", heading === "at" ? { scope: "col", class: "at" } : { scope: "col" }, heading));
  return html(
    "table",
    {},
    html("caption", {}, before ? `${before.text} became ${packet.text}` : packet.text),
    html("thead", {}, head),
    html("tbody", {}, ...fieldsOf(run, packet).map((field) => packetRow(run, packet, field, before))),
  );
}

// ---- events: a list of which only what is seen is there ----

class Events {
  constructor(run, view) {
    this.run = run;
    this.view = view;
    this.list = html("div", { class: "events", role: "listbox", tabindex: "0" });
    this.list.setAttribute("aria-label", `${run.title}: events`);
    this.body = html("div", { class: "events-body", role: "presentation" });
    this.list.append(this.body);
    this.shown = run.events.map((_, i) => i);
    this.list.addEventListener("scroll", () => this.draw(), { passive: true });
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[data-event]");
      if (item !== null) view.choose(Number(item.dataset.event), { by: "user" });
    });
  }

  layOut(shown) {
    this.shown = shown;
    const probe = html("span", { class: "probe" }, "0".repeat(100));
    this.list.append(probe);
    const character = probe.getBoundingClientRect().width / 100 || 7.5;
    probe.remove();
    const width = this.list.clientWidth - 16;
    this.narrow = width / character < 64;
    this.room = Math.max(10, Math.floor(width / character) - (this.narrow ? 1 : 29));
    const heights = shown.map((i) => 6 + 18 * (this.lines(i).length + (this.narrow ? 1 : 0)));
    this.places = new Rows(heights);
    this.body.style.height = `${this.places.height}px`;
    this.list.classList.toggle("narrow", this.narrow);
    this.draw();
  }

  lines(i) {
    const { text } = this.run.events[i];
    return text.length <= this.room ? [text] : wrapped(text, this.room);
  }

  draw(all = false) {
    if (!this.places) return;
    this.body.replaceChildren();
    if (this.shown.length === 0) return;
    const first = all ? 0 : this.places.at(this.list.scrollTop - 100);
    const last = all ? this.shown.length - 1 : this.places.at(this.list.scrollTop + this.list.clientHeight + 100);
    for (let k = first; k <= last; k++) this.body.append(this.item(k));
  }

  item(k) {
    const i = this.shown[k];
    const event = this.run.events[i];
    const before = k > 0 ? this.run.events[this.shown[k - 1]].time : null;
    const chosen = this.view.run.events[this.view.event];
    const item = html(
      "div",
      {
        role: "option",
        class: chosen && chosen.step === event.step ? "event with" : "event",
        id: `${this.run.id}-event-${i}`,
        "data-event": i,
        "aria-selected": String(i === this.view.event),
        "aria-posinset": i + 1,
        "aria-setsize": this.run.events.length,
        title: `${event.station}: ${this.run.glossary[event.station] || ""}`,
      },
      html("span", { class: "when" }, event.time !== before ? event.time : ""),
      html("span", { class: "station" }, event.station),
      html("span", { class: "words" }, this.lines(i).join("\n")),
    );
    item.style.top = `${this.places.tops[k]}px`;
    item.style.height = `${this.places.tops[k + 1] - this.places.tops[k]}px`;
    return item;
  }

  choose(i) {
    const k = this.shown.indexOf(i);
    if (k >= 0) {
      const top = this.places.tops[k];
      const bottom = this.places.tops[k + 1];
      if (top < this.list.scrollTop) this.list.scrollTop = top;
      else if (bottom > this.list.scrollTop + this.list.clientHeight)
        this.list.scrollTop = bottom - this.list.clientHeight;
      this.list.setAttribute("aria-activedescendant", `${this.run.id}-event-${i}`);
    } else this.list.removeAttribute("aria-activedescendant");
    this.draw();
  }
}

// ---- playing: at the pace of virtual time ----

class Player {
  constructor(view) {
    this.view = view;
    this.timer = null;
    this.button = html("button", { type: "button", class: "play", "aria-label": "Play" }, "\u25b6 Play");
    this.skip = html("button", { type: "button", class: "skip", hidden: "" }, "Skip the wait");
    this.clock = html("span", { class: "clock" }, "0.000 s");
    this.speed = html("select", { "aria-label": "Speed" });
    for (const [value, text] of [[1, "as it happened"], [4, "4 times as fast"], [16, "16 times as fast"], [0, "waits skipped"]])
      this.speed.append(html("option", { value }, text));
    this.button.addEventListener("click", () => (this.timer === null ? this.start() : this.stop()));
    this.skip.addEventListener("click", () => (this.left = 0));
  }

  show(seconds) {
    this.clock.textContent = `${seconds.toFixed(3)} s`;
  }

  label(playing) {
    this.button.textContent = playing ? "\u23f8 Pause" : "\u25b6 Play";
    this.button.setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  start() {
    const { view } = this;
    if (view.nextStep(1) === null) view.chooseStep(view.order()[0]);
    this.label(true);
    this.plan();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.skip.hidden = true;
    this.label(false);
  }

  // How long until the next step, in milliseconds of the reader's.
  plan() {
    const next = this.view.nextStep(1);
    if (next === null) {
      this.stop();
      return;
    }
    const { steps } = this.view.run;
    this.now = Number(steps[this.view.step].time);
    this.then = Number(steps[next].time);
    const speed = Number(this.speed.value);
    const wait = speed === 0 ? 0 : ((this.then - this.now) * 1000) / speed;
    this.total = Math.max(wait, speed > 1 ? STEP_MS / speed : STEP_MS);
    this.left = this.total;
    this.skip.hidden = wait < 1500;
  }

  tick() {
    this.left -= TICK_MS;
    const passed = Math.min(1, 1 - this.left / this.total);
    this.show(this.now + (this.then - this.now) * passed);
    if (this.left > 0) return;
    this.view.advance(1, { by: "player" });
    this.plan();
  }
}

// ---- a run ----

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

function button(text, label, act) {
  const element = html("button", { type: "button", "aria-label": label }, text);
  element.addEventListener("click", act);
  return element;
}

// `page` has: say(sentence), and changed(view, how) when another event is chosen.
class RunView {
  constructor(run, index, page) {
    unpack(run);
    this.run = run;
    this.page = page;
    this.event = -1;
    this.step = -1;
    this.folded = false;
    this.unfolded = new Set();
    this.wanted = "";
    this.only = false;
    run.id = `run-${index}`;
    this.firsts = new Map();
    run.events.forEach((event, i) => this.firsts.has(event.step) || this.firsts.set(event.step, i));
    this.ladder = new Ladder(run, this);
    this.events = new Events(run, this);
    this.player = new Player(this);
    this.packet = html("div", { class: "packet" });
    this.rules = html("ol", { class: "rules", tabindex: "0", "aria-label": `${run.title}: rules` });
    this.section = this.build();
    for (const part of [this.ladder.box, this.events.list])
      part.addEventListener("keydown", (key) => this.onKey(key));
  }

  build() {
    const { run } = this;
    const heading = html("h2", { id: `${run.id}-title` }, run.title);
    const outcome = html("span", { class: `outcome ${run.tone}` }, run.outcome);
    if (run.by) outcome.append(html("span", { class: "by" }, `: ${run.by}`));
    const notes = html("ul", { class: "notes" }, ...run.notes.map((note) => html("li", {}, note)));
    const events = html("div", { class: "part events-part" }, html("h3", {}, "Events"), this.events.list);
    if (run.left_out > 0)
      events.append(html("p", { class: "quiet" }, `${run.left_out} more events are not in this page.`));
    this.rulesPart = html("div", { class: "part" }, html("h3", {}, "Rules"), this.rules);
    this.rulesPart.hidden = run.rules.length === 0;
    const side = html(
      "div",
      { class: "side" },
      html(
        "div",
        { class: "part packet-part", role: "region", tabindex: "0", "aria-label": `${run.title}: packet` },
        html("h3", {}, "Packet"),
        this.packet,
      ),
      this.rulesPart,
      events,
    );
    return html(
      "section",
      { class: "run", "aria-labelledby": `${run.id}-title` },
      html("div", { class: "heading" }, heading, outcome),
      this.tools(),
      html("div", { class: "picture" }, this.ladder.box, side),
      html("div", { class: "says" }, notes),
    );
  }

  tools() {
    this.search = html("input", { type: "search", "aria-label": `${this.run.title}: search`, placeholder: "Search" });
    this.found = html("span", { class: "found-count quiet", role: "status" });
    const only = html("input", { type: "checkbox" });
    const fold = button("Fold", "Fold the steps of one instant", () => {
      this.folded = !this.folded;
      this.unfolded.clear();
      fold.setAttribute("aria-pressed", String(this.folded));
      this.layOut();
    });
    fold.setAttribute("aria-pressed", "false");
    this.search.addEventListener("input", () => this.find(this.search.value));
    this.search.addEventListener("keydown", (key) => {
      if (key.key === "Enter") this.nextFound(key.shiftKey ? -1 : 1);
    });
    only.addEventListener("change", () => {
      this.only = only.checked;
      this.layOut();
    });
    return html(
      "div",
      { class: "tools", role: "group", "aria-label": `${this.run.title}: stepping` },
      button("\u25c0", "Step back", () => this.advance(-1, { by: "user" })),
      button("\u25b6", "Step on", () => this.advance(1, { by: "user" })),
      this.player.button,
      this.player.speed,
      this.player.clock,
      this.player.skip,
      this.search,
      button("Next", "Next that was found", () => this.nextFound(1)),
      html("label", { class: "check" }, only, "only these"),
      this.found,
      fold,
    );
  }

  // ---- which steps are shown ----

  matches(step) {
    return this.wanted === "" || this.hits.has(step);
  }

  find(text) {
    this.wanted = text.trim().toLowerCase();
    this.hits = new Set();
    if (this.wanted !== "") {
      const has = (said) => said.toLowerCase().includes(this.wanted);
      this.run.events.forEach((event) => (has(event.text) || has(event.station)) && this.hits.add(event.step));
      this.run.steps.forEach((step, i) => (has(words(step)) || has(step.name || "")) && this.hits.add(i));
    }
    const count = this.hits.size;
    this.found.textContent = this.wanted === "" ? "" : `${count} step${count === 1 ? "" : "s"}`;
    this.layOut();
  }

  nextFound(by) {
    if (this.wanted === "") return;
    const steps = this.run.steps.length;
    for (let i = 1; i <= steps; i++) {
      const step = (((this.step + by * i) % steps) + steps) % steps;
      if (this.hits.has(step) && this.firsts.has(step)) {
        this.chooseStep(step);
        return;
      }
    }
  }

  // The numbers of the steps that are shown, in order.
  order() {
    const all = this.run.steps.map((_, i) => i);
    return this.only && this.wanted !== "" ? all.filter((i) => this.hits.has(i)) : all;
  }

  rows() {
    const { steps } = this.run;
    const narrow = this.ladder.box.clientWidth < WIDE;
    const order = this.order();
    const rows = [];
    let time = null;
    for (let k = 0; k < order.length; ) {
      const step = steps[order[k]];
      const fresh = step.time !== time;
      if (step.gap && fresh) rows.push({ gap: step.gap });
      time = step.time;
      let end = k + 1;
      while (end < order.length && steps[order[end]].time === time) end++;
      if (fresh && this.folded && end - k > 1 && !this.unfolded.has(time)) {
        rows.push({ fold: { time, text: `\u25b8 ${time}: ${this.summary(order.slice(k, end))}` } });
        k = end;
        continue;
      }
      if (fresh && narrow) rows.push({ time: `${time} s` });
      const found = this.wanted !== "" && this.hits.has(order[k]);
      rows.push({ step: order[k], timed: fresh && !narrow, found });
      k++;
    }
    return rows;
  }

  summary(order) {
    const names = new Set(order.map((i) => this.run.steps[i].name).filter(Boolean));
    const packets = names.size > 0 ? `, ${[...names].slice(0, 4).join(" ")}` : "";
    return `${order.length} steps${packets}`;
  }

  unfold(fold) {
    this.unfolded.add(fold.time);
    this.layOut();
  }

  layOut() {
    this.ladder.layOut(this.rows());
    const all = this.run.events.map((_, i) => i);
    const only = this.only && this.wanted !== "";
    this.events.layOut(only ? all.filter((i) => this.hits.has(this.run.events[i].step)) : all);
    if (this.event >= 0) {
      this.ladder.choose(this.step);
      this.events.choose(this.event);
    }
  }

  // ---- choosing ----

  choose(index, how = {}) {
    const { run } = this;
    if (!(index >= 0 && index < run.events.length)) return;
    const event = run.events[index];
    this.event = index;
    this.step = event.step;
    const time = run.steps[this.step] && run.steps[this.step].time;
    if (this.folded && !this.ladder.rowOf.has(this.step) && time) this.unfold({ time });
    this.ladder.choose(this.step);
    this.packet.replaceChildren(packetTable(run, event));
    const changed = this.packet.querySelector("tr.changed");
    this.packet.parentElement.scrollTop = changed ? changed.offsetTop - 90 : 0;
    this.showRules(event);
    this.events.choose(index);
    this.player.show(Number(event.time));
    if (how.by && how.by !== "together") this.page.say(`Step ${this.step + 1} of ${run.steps.length}. ${spoken(run, run.steps[this.step])}`);
    this.page.changed(this, how);
  }

  // Its first event, or with none that of the step before.
  chooseStep(step, how = {}) {
    for (let i = step; i >= 0; i--) {
      if (!this.firsts.has(i)) continue;
      this.choose(this.firsts.get(i), { by: "user", ...how, step });
      return;
    }
  }

  // The next step that is shown and has events; null at the end.
  nextStep(by) {
    const order = this.order();
    let k = order.indexOf(this.step);
    if (k < 0) k = by > 0 ? -1 : order.length;
    for (k += by; k >= 0 && k < order.length; k += by) if (this.firsts.has(order[k])) return order[k];
    return null;
  }

  advance(by, how) {
    const step = this.nextStep(by);
    if (step !== null) this.choose(this.firsts.get(step), how);
  }

  // The rules that were loaded then, the one that decided marked.
  showRules(event) {
    const { rules } = this.run;
    if (rules.length === 0) return;
    const decided = this.decided(event);
    const set = decided !== undefined ? rules[decided].set : this.set || 0;
    this.set = set;
    this.rules.replaceChildren();
    const shown = rules.map((rule, i) => ({ rule, i })).filter(({ rule }) => rule.set === set);
    for (const { rule, i } of shown.slice(0, RULES)) {
      const item = html("li", i === decided ? { class: "decided" } : {});
      item.append(html("span", { class: "at" }, rule.at), ` ${rule.text}`);
      if (i === decided) item.append(html("strong", {}, " decided here"));
      this.rules.append(item);
      if (i === decided) requestAnimationFrame(() => (this.rules.scrollTop = item.offsetTop - this.rules.offsetTop - 30));
    }
    if (shown.length > RULES)
      this.rules.append(html("li", { class: "quiet" }, `and ${shown.length - RULES} more`));
  }

  // Which rule decided at an event's step.
  decided(event) {
    if (event.rule !== undefined) return event.rule;
    const first = this.firsts.get(event.step);
    for (let i = first; i < this.run.events.length && this.run.events[i].step === event.step; i++)
      if (this.run.events[i].rule !== undefined) return this.run.events[i].rule;
    return undefined;
  }

  onKey(key) {
    if (key.altKey || key.ctrlKey || key.metaKey) return;
    const inLadder = key.currentTarget === this.ladder.box;
    const how = { by: "user" };
    const move = (by) => (inLadder ? this.advance(by, how) : this.choose(this.event + by, how));
    if (key.key === "ArrowDown") move(1);
    else if (key.key === "ArrowUp") move(-1);
    else if (key.key === "Home") this.choose(0, how);
    else if (key.key === "End") this.choose(this.run.events.length - 1, how);
    else if (key.key === "PageDown") for (let i = 0; i < 10; i++) move(1);
    else if (key.key === "PageUp") for (let i = 0; i < 10; i++) move(-1);
    else if (key.key === "ArrowRight") this.page.side(this, 1, inLadder) || move(1);
    else if (key.key === "ArrowLeft") this.page.side(this, -1, inLadder) || move(-1);
    else return;
    key.preventDefault();
  }
}
