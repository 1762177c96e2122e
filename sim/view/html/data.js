// SPDX-License-Identifier: BSD-3-Clause
// What the program wrote of a run (sim/view/page.c). Most of a long run is never looked at, so a step, an event or a
// packet is made of it only when it is asked for.
"use strict";

// Of the numbers in a step: ladder_kind_t and ladder_tone_t (sim/view/ladder.h).
const KINDS = ["move", "lost", "look", "become", "snoop", "say", "end", "again"];
const STEP_TONES = ["sent", "changed", "reply", "good", "bad", "plain"];
const GAP_US = 100000; // a longer wait is a row of its own

const STEP_COLUMNS = ["kind", "tone", "us", "from", "to", "stops", "name", "ports", "text", "failed"];
const EVENT_COLUMNS = ["us", "step", "name", "text", "packet", "number", "before", "rule"];

function seconds(us) {
  return (us / 1e6).toFixed(6);
}

// The columns of a table that was written row by row, each value as the difference from the one above it.
function columnsOf(flat, names) {
  const columns = { count: flat.length / names.length };
  names.forEach((name, k) => {
    const values = name === "us" ? new Float64Array(columns.count) : new Int32Array(columns.count);
    let value = 0;
    for (let i = 0, at = k; i < columns.count; i++, at += names.length) values[i] = value += flat[at];
    columns[name] = values;
  });
  return columns;
}

// A text by its number, where 0 is none.
function textOf(run, number) {
  return number === 0 ? "" : run.texts[number - 1];
}

// A number where 0 is none.
function orNone(number) {
  return number === 0 ? undefined : number - 1;
}

class Step {
  constructor(run, i) {
    this.run = run;
    this.i = i;
    this.kind = KINDS[run.stepTable.kind[i]];
    this.from = run.stepTable.from[i];
    this.to = run.stepTable.to[i];
  }
  get tone() {
    return STEP_TONES[this.run.stepTable.tone[this.i]];
  }
  get time() {
    return seconds(this.run.stepTable.us[this.i]);
  }
  get name() {
    return textOf(this.run, this.run.stepTable.name[this.i]);
  }
  get ports() {
    return textOf(this.run, this.run.stepTable.ports[this.i]);
  }
  get text() {
    return textOf(this.run, this.run.stepTable.text[this.i]);
  }
  get failed() {
    return this.run.stepTable.failed[this.i] !== 0;
  }
  // The columns where its packet was in between.
  get stops() {
    const stops = this.run.stepTable.stops[this.i];
    return this.run.columns.map((_, k) => k).filter((k) => stops & (1 << k));
  }
  // How long nothing happened before it, if that is long; else "".
  get gap() {
    const { us } = this.run.stepTable;
    const waited = us[this.i] - (this.i > 0 ? us[this.i - 1] : 0);
    return this.kind !== "again" && waited >= GAP_US ? `${(waited / 1e6).toFixed(3)} s` : "";
  }
}

class TraceEvent {
  constructor(run, i) {
    this.run = run;
    this.i = i;
    this.step = run.eventTable.step[i];
    this.number = run.eventTable.number[i]; // of its packet, as faults name it; 0: none
  }
  get time() {
    return seconds(this.run.eventTable.us[this.i]);
  }
  get station() {
    return this.run.names[this.run.eventTable.name[this.i]];
  }
  get text() {
    return this.run.texts[this.run.eventTable.text[this.i]];
  }
  get packet() {
    return orNone(this.run.eventTable.packet[this.i]);
  }
  get before() {
    return orNone(this.run.eventTable.before[this.i]);
  }
  get rule() {
    return orNone(this.run.eventTable.rule[this.i]);
  }
}

// A list whose items are made as they are asked for.
class List {
  constructor(length, at) {
    this.length = length;
    this.at = (i) => (i >= 0 && i < length ? at(i) : undefined);
  }
  map(f) {
    return Array.from({ length: this.length }, (_, i) => f(this.at(i), i));
  }
  some(f) {
    return this.findIndex(f) >= 0;
  }
  findIndex(f) {
    for (let i = 0; i < this.length; i++) if (f(this.at(i), i)) return i;
    return -1;
  }
}

// A packet, "SHAPE TEXT HEX MEANING...": numbers of texts, but for the bytes. A meaning that is missing is as in the
// packet of this shape before.
function packetOf(run, written, i) {
  const [shape, text, hex, ...means] = written[i].split(" ");
  for (let k = i - 1; k >= 0 && means.includes(""); k--) {
    if (!written[k].startsWith(`${shape} `)) continue;
    written[k].split(" ").slice(3).forEach((mean, field) => (means[field] ||= mean));
  }
  const fields = run.shapes[shape].map(([offset, size, name], field) => {
    return { offset, size, name, text: run.texts[means[field]] };
  });
  return { text: run.texts[text], hex, fields };
}

// What a name is; that which its row shows, the program says itself (sim/core/trace_station.c).
const WHAT_IT_IS = {
  ip_wput_ire: "the function by which IP sends a packet",
  LOOPBACK_OUT: "where IP calls the hooks of a packet that goes out over loopback",
  LOOPBACK_IN: "where IP calls the hooks of a packet that comes in over loopback",
  hook: "a function that IP calls with each packet",
  FW_HOOKS: "the macro by which IP calls the hooks",
  ip_wput_local: "the function by which IP delivers a packet to its own host",
  snoop: "Solaris' tool that shows packets",
  ip_fanout_tcp: "the function that finds the endpoint of a TCP packet",
  ip_fanout_udp: "the function that finds the socket of a datagram",
  fr_firewall: "the filter's function that asks the rules",
  fr_make_rst: "the filter's function that is the fix",
  fr_make_icmp: "the filter's function that is the fix for ICMP",
  fr_send_reset: "the filter's function that builds a RST",
  fr_send_icmp_err: "the filter's function that builds an ICMP error",
  net_inject: "Solaris' function by which a filter sends a packet that it has built",
  fr_fastroute: "the filter's function that calls net_inject",
};

// Words in the events' texts that a reader may not know: what to look for, the word, what it means.
const WORDS = [
  [/\bIRE_LOOPBACK\b/, "IRE_LOOPBACK", "the kind of route that leads to this host itself; it has no wire"],
  [/\bNI_DIRECT_OUT\b/, "NI_DIRECT_OUT", "the way of net_inject that sends straight out of an interface"],
  [/\bENONET\b/, "ENONET", "the error \u201cthis host is not on the network\u201d: here, there is no wire to send by"],
  [/is not below 0/, "1 is not below 0", "net_inject returns 1 for its error, but the filter takes only a value below 0 for one: it counts the reply as sent"],
  [/@0:1\b/, "@0:1", "the first rule of group 0, the main list of rules"],
];

// The words that some texts have, each with its meaning.
function wordsIn(texts) {
  return WORDS.filter(([pattern]) => texts.some((text) => pattern.test(text))).map(([, word, means]) => [word, means]);
}

// A name's meaning: what it is, then what its row shows.
function meaningOf(name, shown) {
  const what = WHAT_IT_IS[name];
  return what && shown ? `${what}; the row shows ${shown}` : shown;
}

// Done once: makes run.steps, run.events and run.packets lists.
function unpack(run) {
  if (run.steps instanceof List) return;
  run.stepTable = columnsOf(run.steps, STEP_COLUMNS);
  run.eventTable = columnsOf(run.events, EVENT_COLUMNS);
  run.names = run.glossary.map(([name]) => name);
  run.glossary = Object.fromEntries(run.glossary.map(([name, shown]) => [name, meaningOf(name, shown)]));
  const written = run.packets;
  run.steps = new List(run.stepTable.count, (i) => new Step(run, i));
  run.events = new List(run.eventTable.count, (i) => new TraceEvent(run, i));
  run.packets = new List(written.length, (i) => packetOf(run, written, i));
}
