// SPDX-License-Identifier: BSD-3-Clause
// The ladder: where each step stands is computed, and only those that are seen are drawn. Everything from the trace is
// put in as text, never as markup.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const CHARACTER = 7.25; // its width, in the ladder's font
const LINE = 16; // the height of a line of text
const WIDE = 620; // a ladder that is narrower has its times in rows of their own
const SPARE = 300; // what is drawn above and below what is seen, in pixels

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

// ---- words ----

function packetName(step) {
  return step.ports ? `${step.name} ${step.ports}` : step.name;
}

function words(step) {
  if (step.kind === "snoop") return `snoop sees ${packetName(step)}`;
  return step.text || "";
}

// One short sentence, for whoever hears the picture.
function spoken(run, step) {
  const name = (column) => run.columns[column].join("");
  const at = `${Number(step.time).toFixed(3)} s`;
  if (step.kind === "look") return `${at}: the filter looks at ${name(step.from)}: ${step.text}`;
  if (step.from === step.to) return `${at}, ${name(step.from)}: ${words(step)}`;
  const way = `${step.name ? packetName(step) : ""} from ${name(step.from)} to ${name(step.to)}`;
  const end = step.kind === "lost" ? ", where it ends" : "";
  return `${at}: ${way}${end}${step.text ? `: ${step.text}` : ""}`;
}

// Breaks a text into lines of at most `room` characters; a word that is longer is broken, too.
function wrapped(text, room) {
  const lines = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    for (; word.length > room; word = word.slice(room)) lines.push(word.slice(0, room));
    line = word;
  }
  lines.push(line);
  return lines;
}

// ---- where things are ----

// The rows of a picture, by their heights: which of them are between two heights.
class Rows {
  constructor(count, heightOfRow) {
    this.tops = new Float64Array(count + 1);
    for (let i = 0; i < count; i++) this.tops[i + 1] = this.tops[i] + heightOfRow(i);
  }
  get height() {
    return this.tops[this.tops.length - 1];
  }
  // The row at a height.
  at(y) {
    let low = 0;
    let high = this.tops.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
}

// Columns and texts of a ladder of a certain width.
class Geometry {
  constructor(run, width) {
    this.width = width;
    this.narrow = width < WIDE;
    this.left = this.narrow ? 14 : 92; // the first lifeline
    const right = this.narrow ? 14 : 40;
    const spaces = Math.max(1, run.columns.length - 1);
    this.spacing = Math.min(130, (width - this.left - right) / spaces);
    this.edge = this.narrow ? 2 : this.left; // where text that stands alone begins
    this.room = Math.max(12, Math.floor((width - this.edge - 4) / CHARACTER));
    this.top = this.narrow ? 108 : 40; // of the headings
  }
  x(column) {
    return this.left + column * this.spacing;
  }
  // Where a text beside a column stands: to its right, or its left, or over all of the picture.
  beside(text, column) {
    const at = this.x(column);
    const length = text.length * CHARACTER;
    if (at + 12 + length <= this.width) return { lines: [text], x: at + 12, anchor: "start" };
    if (at - 12 - length >= this.edge - (this.narrow ? 0 : 40))
      return { lines: [text], x: at - 12, anchor: "end" };
    const lines = wrapped(text, this.room);
    const longest = Math.max(...lines.map((line) => line.length)) * CHARACTER;
    return { lines, x: Math.max(this.edge, this.width - 4 - longest), anchor: "start", below: true };
  }
}

function heightOfWords(geometry, step) {
  const place = geometry.beside(words(step), step.from);
  return 8 + LINE * place.lines.length + (place.below ? LINE : 0);
}

// How high a step is.
function heightOf(geometry, step) {
  switch (step.kind) {
    case "again":
      return 8 + LINE * wrapped(step.text, geometry.room).length;
    case "look":
      return 28;
    case "lost":
      if (step.from === step.to) return heightOfWords(geometry, step);
    // falls through
    case "move":
      return step.text ? 34 + LINE * geometry.beside(step.text, step.to).lines.length : 32;
    default:
      return heightOfWords(geometry, step);
  }
}

// ---- drawing ----

// A text, and behind it a ground that hides the lifelines.
function putText(place, y, attributes) {
  const grounds = place.lines.map((line, i) => {
    const width = line.length * CHARACTER + 4;
    const x = place.anchor === "end" ? place.x - width + 2 : place.x - 2;
    return svg("rect", { class: "ground", x, y: y - 12 + LINE * i, width, height: LINE });
  });
  return svg("g", {}, ...grounds, linesOfText(place, y, attributes));
}

function linesOfText(place, y, attributes) {
  const node = svg("text", { ...attributes, x: place.x, y, "text-anchor": place.anchor });
  if (place.lines.length === 1) node.append(place.lines[0]);
  else
    place.lines.forEach((line, i) =>
      node.append(svg("tspan", { x: place.x, y: y + LINE * i }, line)),
    );
  return node;
}

function cross(at, y) {
  return svg("path", {
    class: "cross",
    d: `M${at - 6} ${y - 6}l12 12M${at - 6} ${y + 6}l12 -12`,
  });
}

function arrow(geometry, step, y) {
  const from = geometry.x(step.from);
  const to = geometry.x(step.to);
  const ahead = to > from ? 1 : -1;
  const group = svg("g", {});
  const line = { x1: from, y1: y, x2: to - 9 * ahead, y2: y };
  group.append(svg("line", { class: "arrow", ...line }));
  if (step.tone === "changed") group.append(svg("line", { class: "arrow-core", ...line }));
  for (const stop of step.stops)
    group.append(svg("circle", { class: "stop", cx: geometry.x(stop), cy: y, r: 3.5 }));
  const tip = step.kind === "lost" ? to - 6 * ahead : to;
  group.append(svg("path", { class: "head", d: `M${tip} ${y}l${-11 * ahead} -6v12z` }));
  if (step.name) {
    const fits = packetName(step).length * CHARACTER <= Math.abs(to - from) - 12;
    const label = fits ? packetName(step) : step.name;
    const half = (label.length * CHARACTER) / 2;
    const middle = (from + to) / 2;
    const x = Math.min(Math.max(middle, half + 2), geometry.width - half - 2);
    group.append(svg("text", { class: "label tinted", x, y: y - 7 }, label));
  }
  if (step.kind === "lost") group.append(cross(to, y));
  return group;
}

// Each drawer adds to the step's group, whose top is at y.
const drawers = {
  move(geometry, group, step, y) {
    group.append(arrow(geometry, step, y + 22));
    if (!step.text) return;
    const lost = step.kind === "lost";
    const text = putText(geometry.beside(step.text, step.to), y + 44, lost ? { class: "tinted" } : {});
    group.append(svg("g", { class: lost ? "tone-bad" : "tone-plain" }, text));
  },
  look(geometry, group, step, y) {
    const from = geometry.x(step.from);
    const end = geometry.x(step.to);
    const half = (step.text.length * CHARACTER) / 2;
    const x = Math.min(Math.max((from + end) / 2, half + 2), geometry.width - half - 2);
    group.append(
      svg("line", { class: "look", x1: from, y1: y + 20, x2: end - 6, y2: y + 20 }),
      svg("path", { class: "looked", d: `M${end - 6} ${y + 20}l6 -6l6 6l-6 6z` }),
      svg("text", { class: "label look-text", x, y: y + 14 }, step.text),
    );
  },
  said(geometry, group, step, y, mark) {
    const place = geometry.beside(words(step), step.from);
    const attributes = step.tone === "plain" ? {} : { class: "tinted" };
    group.append(mark, putText(place, y + 16 + (place.below ? LINE : 0), attributes));
  },
  lost(geometry, group, step, y) {
    if (step.from !== step.to) drawers.move(geometry, group, step, y);
    else drawers.said(geometry, group, step, y, cross(geometry.x(step.from), y + 12));
  },
  become(geometry, group, step, y) {
    const diamond = `M${geometry.x(step.from) - 8} ${y + 12}l8 -8l8 8l-8 8z`;
    drawers.said(geometry, group, step, y, svg("path", { class: "mark", d: diamond }));
  },
  snoop(geometry, group, step, y) {
    const at = geometry.x(step.from);
    const eye = svg(
      "g",
      {},
      svg("circle", { class: "arrow", cx: at, cy: y + 12, r: 7 }),
      svg("circle", { class: "mark", cx: at, cy: y + 12, r: 3 }),
    );
    drawers.said(geometry, group, step, y, eye);
  },
  say(geometry, group, step, y) {
    const dot = svg("circle", { class: "mark", cx: geometry.x(step.from), cy: y + 12, r: 3 });
    drawers.said(geometry, group, step, y, dot);
  },
  end(geometry, group, step, y) {
    const at = geometry.x(step.from);
    const tick = svg("path", { class: "arrow", d: `M${at - 6} ${y + 12}l4 5l8 -10` });
    drawers.said(geometry, group, step, y, step.failed ? cross(at, y + 12) : tick);
  },
  again(geometry, group, step, y) {
    const place = { lines: wrapped(step.text, geometry.room), x: geometry.edge + 4, anchor: "start" };
    group.append(putText(place, y + 16, {}));
  },
};

// Time in which nothing happens has one height, however long it is.
function drawGap(geometry, run, y, height) {
  const group = svg(
    "g",
    {},
    svg("rect", { class: "gap", x: 0, y, width: geometry.width, height }),
  );
  run.columns.forEach((_, i) => {
    const x = geometry.x(i);
    group.append(svg("line", { class: "gap-life", x1: x, y1: y + 3, x2: x, y2: y + height - 1 }));
  });
  return group;
}

function drawHeadings(geometry, run) {
  const picture = svg("svg", { class: "headings", "aria-hidden": "true" });
  picture.setAttribute("width", geometry.width);
  picture.setAttribute("height", geometry.top);
  run.columns.forEach((name, i) => {
    const x = geometry.x(i);
    const title = svg("title", {}, run.glossary[name.join("")] || name.join(""));
    if (geometry.narrow) {
      const turned = { class: "heading-text turned", transform: `translate(${x + 4},${geometry.top - 6}) rotate(-90)` };
      picture.append(svg("text", turned, name.join(""), title));
      return;
    }
    const lines = name.filter((line) => line !== "");
    lines.forEach((line, k) => {
      const y = geometry.top - 10 - 15 * (lines.length - 1 - k);
      picture.append(svg("text", { class: "heading-text", x, y }, line, title.cloneNode(true)));
    });
  });
  return picture;
}

const MOVE = KINDS.indexOf("move");

// Whether a row of the ladder is a step: it is then its number.
function isStep(row) {
  return typeof row === "number";
}

// A ladder in a box that scrolls. `view` is told what is chosen, by view.chooseStep(step) and view.unfold(fold), and
// knows what was searched for: view.isFound(step).
class Ladder {
  constructor(run, view) {
    this.run = run;
    this.view = view;
    this.chosen = -1;
    this.box = html("div", { class: "ladder-box", role: "listbox", tabindex: "0" });
    this.box.setAttribute("aria-label", `${run.title}: the packets' ways`);
    this.head = html("div", { class: "ladder-head", role: "presentation" });
    this.body = html("div", { class: "ladder-body", role: "presentation" });
    this.box.append(this.head, this.body);
    this.rows = []; // each the number of a step, or {gap} or {time} or {fold}
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.box.addEventListener("click", (event) => this.onClick(event));
  }

  onClick(event) {
    const drawn = event.target.closest("[data-row]");
    if (drawn === null) return;
    const row = this.rows[Number(drawn.dataset.row)];
    if (row.fold) this.view.unfold(row.fold);
    else if (isStep(row)) this.view.chooseStep(row);
  }

  width() {
    return Math.max(280, this.box.clientWidth);
  }

  // Whether times have rows of their own.
  isNarrow() {
    return this.width() < WIDE;
  }

  // Lays out rows, for the width that there is now.
  layOut(rows) {
    this.rows = rows;
    const width = this.width();
    this.geometry = new Geometry(this.run, width);
    this.places = new Rows(rows.length, (i) => this.heightOfRow(rows[i]));
    this.rowOf = new Int32Array(this.run.steps.length).fill(-1); // -1: it is not shown
    rows.forEach((row, i) => isStep(row) && (this.rowOf[row] = i));
    this.head.replaceChildren(drawHeadings(this.geometry, this.run));
    this.body.style.height = `${this.places.height + 10}px`;
    this.drawn = null;
    this.draw();
  }

  heightOfRow(row) {
    if (!isStep(row)) return 24;
    const { kind, text } = this.run.stepTable;
    if (kind[row] === MOVE && text[row] === 0) return 32; // nearly all are such
    return heightOf(this.geometry, this.run.steps.at(row));
  }

  draw(all = false) {
    if (!this.places || this.rows.length === 0) return;
    const top = this.box.scrollTop;
    const first = all ? 0 : this.places.at(top - SPARE);
    const last = all ? this.rows.length - 1 : this.places.at(top + this.box.clientHeight + SPARE);
    const drawn = `${first}-${last}-${this.chosen}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const y0 = this.places.tops[first];
    const height = this.places.tops[last + 1] - y0 + 10;
    const picture = svg("svg", { class: "ladder", role: "presentation" });
    picture.setAttribute("width", this.geometry.width);
    picture.setAttribute("height", height);
    picture.style.top = `${y0}px`;
    this.run.columns.forEach((_, i) => {
      const x = this.geometry.x(i);
      picture.append(svg("line", { class: "life", x1: x, y1: 0, x2: x, y2: height }));
    });
    for (let i = first; i <= last; i++) picture.append(this.drawRow(i, this.places.tops[i] - y0));
    this.body.replaceChildren(picture);
  }

  drawRow(i, y) {
    const row = this.rows[i];
    const height = this.places.tops[i + 1] - this.places.tops[i];
    if (isStep(row)) return this.drawStep(row, i, y, height);
    const group = svg("g", {});
    if (row.gap) group.append(drawGap(this.geometry, this.run, y, height));
    const band = svg("rect", { class: "band", x: 0, y, width: this.geometry.width, height });
    const text = (row.gap && `${row.gap} in which nothing happens`) || row.time || row.fold.text;
    const x = this.geometry.edge + (row.time ? 0 : 12);
    if (row.time) group.append(svg("rect", { class: "gap", x: 0, y, width: text.length * CHARACTER + 6, height }));
    group.append(band, svg("text", { class: row.fold ? "" : "look-text", x, y: y + 16 }, text));
    if (row.fold) {
      group.setAttribute("class", "fold");
      group.setAttribute("data-row", i);
    }
    return group;
  }

  // Whether a step's time stands beside it: where it is another than that of the step above.
  isTimed(i) {
    let above = i - 1;
    while (above >= 0 && !isStep(this.rows[above])) above--;
    const { us } = this.run.stepTable;
    return !this.geometry.narrow && (above < 0 || us[this.rows[above]] !== us[this.rows[i]]);
  }

  drawStep(number, i, y, height) {
    const step = this.run.steps.at(number);
    const chosen = number === this.chosen;
    const group = svg("g", {
      class: `step tone-${step.tone}${chosen ? " chosen" : ""}${this.view.isFound(number) ? " found" : ""}`,
      role: "option",
      id: `${this.run.id}-step-${number}`,
      "data-row": i,
      "aria-selected": String(chosen),
      "aria-posinset": number + 1,
      "aria-setsize": this.run.steps.length,
    });
    group.append(svg("title", {}, spoken(this.run, step)));
    const drawn = svg("g", { "aria-hidden": "true" }); // its label says it in a sentence
    if (step.kind === "again") drawn.append(drawGap(this.geometry, this.run, y, height));
    const width = this.geometry.width;
    drawn.append(svg("rect", { class: "band", x: 0, y, width, height }));
    drawers[step.kind](this.geometry, drawn, step, y, height);
    if (this.isTimed(i))
      drawn.append(svg("text", { class: "time", x: this.geometry.left - 14, y: y + 16 }, step.time));
    group.append(drawn);
    return group;
  }

  // Marks a step and scrolls to it.
  choose(step) {
    this.chosen = step;
    const row = this.rowOf[step] ?? -1;
    if (row >= 0) {
      const top = this.places.tops[row];
      const bottom = this.places.tops[row + 1] + this.geometry.top + 8;
      if (top < this.box.scrollTop) this.box.scrollTop = Math.max(0, top - 8);
      else if (bottom > this.box.scrollTop + this.box.clientHeight)
        this.box.scrollTop = bottom - this.box.clientHeight;
    }
    this.draw();
    if (row < 0) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", `${this.run.id}-step-${step}`);
  }
}
