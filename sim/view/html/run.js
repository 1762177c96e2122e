// SPDX-License-Identifier: BSD-3-Clause
// One run: its ladder, and beside it the packet of the chosen step, the rules and the events; buttons that step
// and play.
"use strict";

const BYTES = 64; // of a field, at most
const RULES = 400; // that are shown at once
const STEP_MS = 700; // how long a step is shown while it plays
const TICK_MS = 50;

// ---- packets ----

function bytes(packet, field) {
  const hex = packet.hex.slice(2 * field.offset, 2 * (field.offset + Math.min(field.size, BYTES)));
  const shown = hex.match(/../g) || [];
  return shown.length < field.size ? `${shown.join(" ")} ...` : shown.join(" ");
}

function packetRow(field, packet, before) {
  const old = before && before.fields.find((other) => other.name === field.name && other.offset === field.offset);
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

// => Returns the packet in one line, and the table of its fields; null for an event without one.
function packetShown(run, event) {
  if (event.packet === undefined) return null;
  const packet = run.packets.at(event.packet);
  const before = event.before === undefined ? null : run.packets.at(event.before);
  const headings = ["at", "field", ...(before ? ["bytes before", "bytes now"] : ["bytes"]), "meaning"];
  const head = html("tr", {});
  for (const heading of headings) head.append(html("th", heading === "at" ? { scope: "col", class: "at" } : { scope: "col" }, heading));
  const rows = packet.fields.map((field) => packetRow(field, packet, before));
  const table = html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows));
  return { line: before ? `${before.text} became ${packet.text}` : packet.text, table };
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
    this.shown = [];
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
    const lines = new Uint16Array(this.run.texts.length); // of each text; 0: not counted yet
    const { text } = this.run.eventTable;
    this.places = new Rows(shown.length, (k) => {
      const i = shown[k];
      const count = lines[text[i]] || (lines[text[i]] = 1 + this.lines(i).length);
      return 6 + 18 * (this.narrow ? count : Math.max(1, count - 1));
    });
    this.body.style.height = `${this.places.height}px`;
    this.list.classList.toggle("narrow", this.narrow);
    this.draw();
  }

  lines(i) {
    const { text } = this.run.events.at(i);
    if (text === "") return [];
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
    const event = this.run.events.at(i);
    const before = k > 0 ? this.run.events.at(this.shown[k - 1]).time : null;
    const chosen = this.run.events.at(this.view.event);
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
        title: meaningOfEvent(this.run, event),
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
    this.skip = html("button", { type: "button", class: "skip", hidden: "", title: "Go on to the next step without the wait" }, "Skip this wait");
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
    this.button.textContent = playing ? "\u275a\u275a Pause" : "\u25b6 Play";
    this.button.setAttribute("aria-label", playing ? "Pause" : "Play");
  }

  start() {
    const { view } = this;
    if (view.nextStep(1) === null) view.chooseStep(view.order[0]);
    this.label(true);
    this.plan();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.hideSkip(true);
    this.label(false);
  }

  // A button that goes away hands on the focus.
  hideSkip(hidden) {
    if (hidden && document.activeElement === this.skip) this.button.focus();
    this.skip.hidden = hidden;
  }

  // How long until the next step, in milliseconds of the reader's.
  plan() {
    const next = this.view.nextStep(1);
    if (next === null) {
      this.stop();
      return;
    }
    const { steps } = this.view.run;
    this.now = Number(steps.at(this.view.step).time);
    this.then = Number(steps.at(next).time);
    const speed = Number(this.speed.value);
    const wait = speed === 0 ? 0 : ((this.then - this.now) * 1000) / speed;
    this.total = Math.max(wait, speed > 1 ? STEP_MS / speed : STEP_MS);
    this.left = this.total;
    this.hideSkip(wait < 1500);
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

// The events of a reply that the filter sends as a packet of its own.
const REPLIES = ["fr_send_reset", "fr_send_icmp_err", "net_inject", "fr_fastroute"];

// An event's name and the words of its text, explained.
function meaningOfEvent(run, event) {
  const words = wordsIn([event.text]).map(([word, means]) => ` ${word}: ${means}.`);
  return `${event.station}: ${run.glossary[event.station] || "a process of the script"}.${words.join("")}`;
}

// The numbers below one.
function upTo(count) {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

// What is shown before anybody chooses: the rewrite, or a reply that got lost, or any packet.
function firstChoice(run) {
  const { before, packet, step } = run.eventTable;
  const { kind, tone } = run.stepTable;
  const isLost = (i) => kind[i] === KINDS.indexOf("lost") && tone[i] === STEP_TONES.indexOf("reply");
  const choices = [
    before.findIndex((number) => number > 0),
    step.findIndex((i, event) => isLost(i) && packet[event] > 0),
    packet.findIndex((number) => number > 0),
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
    this.firsts = this.firstEvents();
    this.ladder = new Ladder(run, this);
    this.events = new Events(run, this);
    this.player = new Player(this);
    this.line = html("p", { class: "packet-line" });
    this.packet = html("div", { class: "packet", role: "region", tabindex: "0", "aria-label": `${run.title}: packet` });
    this.actions = html("div", {}); // room for what can be done with the packet
    this.meaning = html("p", { class: "meaning quiet" });
    this.rules = html("ol", { class: "rules", tabindex: "0", "aria-label": `${run.title}: rules` });
    this.section = this.build();
    for (const part of [this.ladder.box, this.events.list])
      part.addEventListener("keydown", (key) => this.onKey(key));
  }

  // Of each step its first event; -1 if there are none. An event can make two steps, as that of ip_fanout_tcp does
  // (to TCP, and on to the endpoint): it is the last one's, and stands for the other as well.
  firstEvents() {
    const { step, count } = this.run.eventTable;
    const firsts = new Int32Array(this.run.steps.length).fill(-1);
    for (let i = count - 1; i >= 0; i--) firsts[step[i]] = i;
    let next = count - 1;
    for (let k = firsts.length - 1; k >= 0; k--) next = firsts[k] < 0 ? (firsts[k] = next) : firsts[k];
    return firsts;
  }

  build() {
    const { run } = this;
    const heading = html("h2", { id: `${run.id}-title` }, run.title);
    const outcome = html("span", { class: `outcome ${run.tone}` }, run.outcome);
    if (run.by) outcome.append(html("span", { class: "by" }, `: ${run.by}`));
    const notes = html("ul", { class: "notes" }, ...run.notes.map((note) => html("li", {}, note)));
    const events = html("div", { class: "part events-part" }, html("h3", {}, "Events"), this.events.list, this.meaning);
    if (run.left_out > 0)
      events.append(html("p", { class: "quiet" }, `${run.left_out} more events are not in this page.`));
    this.rulesPart = html("div", { class: "part" }, html("h3", {}, "Rules"), this.rules);
    this.rulesPart.hidden = run.rules.length === 0;
    const side = html(
      "div",
      { class: "side" },
      html("div", { class: "part packet-part" }, html("h3", {}, "Packet"), this.line, this.actions, this.packet),
      this.rulesPart,
      events,
    );
    return html(
      "section",
      { class: "run", "aria-labelledby": `${run.id}-title` },
      html("div", { class: "heading" }, heading, outcome),
      this.tools(),
      html("div", { class: "picture" }, this.ladder.box, side),
      html("div", { class: "says" }, notes, this.names()),
    );
  }

  // What the stations' names mean, for whom no mouse rests on them.
  names() {
    const list = html("dl", {});
    for (const [name, meaning] of Object.entries(this.run.glossary))
      if (meaning) list.append(html("dt", {}, name), html("dd", {}, meaning));
    for (const [word, means] of wordsIn(this.run.texts)) list.append(html("dt", {}, word), html("dd", {}, means));
    return html("details", { class: "names" }, html("summary", {}, "What the names mean"), list);
  }

  tools() {
    this.search = html("input", { type: "search", "aria-label": `${this.run.title}: search`, placeholder: "Search" });
    this.found = html("span", { class: "found-count quiet", role: "status" });
    const only = html("input", { type: "checkbox" });
    const fold = button("Fold each instant", "Fold each instant: one row for all its steps", () => {
      this.folded = !this.folded;
      this.unfolded.clear();
      fold.setAttribute("aria-pressed", String(this.folded));
      this.layOut();
    });
    fold.setAttribute("aria-pressed", "false");
    fold.title = "One row for all steps of one instant";
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
      button("Next found", "Next found step", () => this.nextFound(1)),
      html("label", { class: "check" }, only, "only found steps"),
      this.found,
      fold,
    );
  }

  // ---- which steps are shown ----

  isFound(step) {
    return this.wanted !== "" && this.hits.has(step);
  }

  find(text) {
    this.wanted = text.trim().toLowerCase();
    this.hits = new Set();
    if (this.wanted !== "") {
      const has = (said) => said.toLowerCase().includes(this.wanted);
      const texts = this.run.texts.map(has);
      const names = this.run.names.map(has);
      const { text, name, step, count } = this.run.eventTable;
      for (let i = 0; i < count; i++) if (texts[text[i]] || names[name[i]]) this.hits.add(step[i]);
      for (let i = 0; i < this.run.steps.length; i++) {
        const one = this.run.steps.at(i);
        if (has(words(one)) || has(one.name)) this.hits.add(i);
      }
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
      if (this.hits.has(step) && this.firsts[step] >= 0) {
        this.chooseStep(step);
        return;
      }
    }
  }

  // The numbers of the steps that are shown, in order.
  shownSteps() {
    const all = upTo(this.run.steps.length);
    return this.only && this.wanted !== "" ? all.filter((i) => this.hits.has(i)) : all;
  }

  rows() {
    const { us } = this.run.stepTable;
    const narrow = this.ladder.isNarrow();
    const { order } = this;
    const rows = [];
    let now = -1;
    for (let k = 0; k < order.length; ) {
      const i = order[k];
      const fresh = us[i] !== now;
      if (fresh) {
        const step = this.run.steps.at(i);
        if (step.gap) rows.push({ gap: step.gap });
        now = us[i];
        let end = k + 1;
        while (end < order.length && us[order[end]] === now) end++;
        if (this.folded && end - k > 1 && !this.unfolded.has(step.time)) {
          rows.push({ fold: { time: step.time, text: `\u25b8 ${step.time}: ${this.summary(order.subarray(k, end))}` } });
          k = end;
          continue;
        }
        if (narrow) rows.push({ time: `${step.time} s` });
      }
      rows.push(i);
      k++;
    }
    return rows;
  }

  summary(order) {
    const names = new Set(Array.from(order, (i) => this.run.steps.at(i).name).filter(Boolean));
    const packets = names.size > 0 ? `, ${[...names].slice(0, 4).join(" ")}` : "";
    return `${order.length} steps${packets}`;
  }

  unfold(fold) {
    this.unfolded.add(fold.time);
    this.layOut();
  }

  layOut() {
    this.order = this.shownSteps();
    this.ladder.layOut(this.rows());
    const { step } = this.run.eventTable;
    const all = upTo(this.run.events.length);
    const only = this.only && this.wanted !== "";
    this.events.layOut(only ? all.filter((i) => this.hits.has(step[i])) : all);
    if (this.event >= 0) {
      this.ladder.choose(this.step);
      this.events.choose(this.event);
    }
  }

  // ---- choosing ----

  choose(index, how = {}) {
    const { run } = this;
    if (!(index >= 0 && index < run.events.length)) return;
    const event = run.events.at(index);
    this.event = index;
    this.step = how.step ?? event.step;
    const time = run.steps.at(this.step)?.time;
    if (this.folded && this.ladder.rowOf[this.step] === -1 && time) this.unfold({ time });
    this.ladder.choose(this.step);
    this.showPacket(event, how.by !== undefined);
    this.showRules(event);
    this.events.choose(index);
    this.player.show(Number(event.time));
    if (how.by && how.by !== "together") this.page.say(`Step ${this.step + 1} of ${run.steps.length}. ${spoken(run, run.steps.at(this.step))}`);
    this.page.changed(this, how);
  }

  // Scrolls to what changed, if `scrolls`; else its beginning is seen.
  showPacket(event, scrolls) {
    const shown = packetShown(this.run, event);
    this.line.textContent = shown === null ? "This event has no packet." : shown.line;
    this.line.classList.toggle("quiet", shown === null);
    this.packet.hidden = shown === null;
    this.meaning.textContent = meaningOfEvent(this.run, event);
    if (shown === null) return;
    this.packet.replaceChildren(shown.table);
    const changed = scrolls && this.packet.querySelector("tr.changed");
    const head = this.packet.querySelector("thead");
    this.packet.scrollTop = changed ? changed.offsetTop - head.offsetHeight - 4 : 0;
  }

  // Chooses a step, with its first event; the last step for a number beyond it.
  chooseStep(number, how = {}) {
    const step = Math.min(number, this.run.steps.length - 1);
    this.choose(this.firsts[step], { by: "user", ...how, step });
  }

  // The next step that is shown and has events; null at the end.
  nextStep(by) {
    const { order } = this;
    let k = order.indexOf(this.step);
    if (k < 0) k = by > 0 ? -1 : order.length;
    for (k += by; k >= 0 && k < order.length; k += by) if (this.firsts[order[k]] >= 0) return order[k];
    return null;
  }

  advance(by, how) {
    const step = this.nextStep(by);
    if (step !== null) this.choose(this.firsts[step], { ...how, step });
  }

  // The rules that were loaded then, the one that decided marked.
  showRules(event) {
    const { rules } = this.run;
    if (rules.length === 0) return;
    const { decided, how } = this.decision(event);
    const set = decided !== undefined ? rules[decided].set : this.set || 0;
    this.set = set;
    this.rules.replaceChildren();
    const shown = rules.map((rule, i) => ({ rule, i })).filter(({ rule }) => rule.set === set);
    for (const { rule, i } of shown.slice(0, RULES)) {
      const item = html("li", i === decided ? { class: "decided" } : {});
      item.append(html("span", { class: "at" }, rule.at), ` ${rule.text}`);
      if (i === decided)
        item.append(html("strong", {}, ` ${how}`));
      this.rules.append(item);
      if (i === decided) requestAnimationFrame(() => (this.rules.scrollTop = item.offsetTop - this.rules.offsetTop - 30));
    }
    if (shown.length > RULES)
      this.rules.append(html("li", { class: "quiet" }, `and ${shown.length - RULES} more`));
  }

  // Which rule decided about an event, and in words how; `decided` is undefined if none did.
  decision(event) {
    if (event.rule !== undefined) return { decided: event.rule, how: "decided here" };
    if (REPLIES.includes(event.station)) {
      const decided = this.lastDecided(event, () => true);
      return { decided, how: "decided about the packet to which this is the reply" };
    }
    const here = this.decidedAtStep(event);
    if (here !== undefined) return { decided: here, how: "decided at this step, at another of its events" };
    const mine = (number) => event.number > 0 && number === event.number;
    return { decided: this.lastDecided(event, mine), how: "decided about this packet, at an earlier step" };
  }

  // Which rule decided at an event's step.
  decidedAtStep(event) {
    for (let i = this.firsts[event.step]; this.run.events.at(i)?.step === event.step; i++)
      if (this.run.events.at(i).rule !== undefined) return this.run.events.at(i).rule;
    return undefined;
  }

  // Which rule decided last before an event, of packets whose number is one of those that are `wanted`.
  lastDecided(event, wanted) {
    const { number, rule } = this.run.eventTable;
    for (let i = event.i; i >= 0; i--) if (rule[i] > 0 && wanted(number[i])) return rule[i] - 1;
    return undefined;
  }

  onKey(key) {
    if (key.altKey || key.ctrlKey || key.metaKey) return;
    const inLadder = key.currentTarget === this.ladder.box;
    const how = { by: "user" };
    const move = (by) => (inLadder ? this.advance(by, how) : this.choose(this.event + by, how));
    if (key.key === "ArrowDown") move(1);
    else if (key.key === "ArrowUp") move(-1);
    else if (key.key === "Home") this.choose(0, inLadder ? { ...how, step: 0 } : how);
    else if (key.key === "End") this.choose(this.run.events.length - 1, how);
    else if (key.key === "PageDown") for (let i = 0; i < 10; i++) move(1);
    else if (key.key === "PageUp") for (let i = 0; i < 10; i++) move(-1);
    else if (key.key === "ArrowRight") this.page.side(this, 1, inLadder) || move(1);
    else if (key.key === "ArrowLeft") this.page.side(this, -1, inLadder) || move(-1);
    else return;
    key.preventDefault();
  }
}
