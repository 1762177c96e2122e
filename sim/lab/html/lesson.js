// SPDX-License-Identifier: BSD-3-Clause
// The lesson in the lab: share/lesson.txt, a step at a time. A question is answered before anything is run.
"use strict";

// The steps of the text, as it says at its beginning.
function readLesson(text) {
  const steps = [];
  let step = null;
  let put = () => {}; // where a line that goes on belongs
  let file = null;
  for (const line of text.split("\n")) {
    if (file !== null) {
      if (line === "end") file = null;
      else step.files[file] += `${line.slice(4)}\n`;
      continue;
    }
    if (line.startsWith("#") || line === "") continue;
    if (line.startsWith(" ")) {
      put(` ${line.trim()}`);
      continue;
    }
    const kind = line.split(" ", 1)[0];
    const rest = line.slice(kind.length + 1);
    if (kind === "step") {
      step = { title: rest, says: [], ask: "", choices: [], files: {}, run: "", shows: [], why: "", more: [] };
      steps.push(step);
    } else if (kind === "say" || kind === "more") {
      const list = kind === "say" ? step.says : step.more;
      list.push(rest);
      put = (text_) => (list[list.length - 1] += text_);
    } else if (kind === "choice" || kind === "right" || kind === "number") {
      const choice = { right: kind !== "choice", text: rest };
      step.choices.push(choice);
      step.number = step.number || kind === "number";
      put = (text_) => (choice.text += text_);
    } else if (kind === "script") {
      file = rest;
      step.files[file] = "";
    } else if (kind === "place") step.place = true;
    else if (kind === "shows") step.shows.push(rest);
    else {
      step[kind] = rest;
      put = (text_) => (step[kind] += text_);
    }
  }
  for (const one of steps)
    for (const choice of one.choices) [choice.answer, choice.feedback] = choice.text.split(" | ");
  return steps;
}

// The words of a command line; quotes are single ones.
function wordsOf(command) {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map((found) => found[1] ?? found[2]);
}

const lesson = {
  steps: [],
  drawn: false,

  show(box) {
    if (this.drawn) return;
    this.drawn = true;
    this.steps = readLesson(given.lesson);
    box.append(
      html("p", {}, "Eight steps. Each asks before it shows: answer first, then see. Nothing is kept of what you answer."),
    );
    this.steps.forEach((step, i) => box.append(this.draw(step, i)));
  },

  draw(step, i) {
    const part = html("section", { class: "lesson-step", "aria-labelledby": `lesson-${i}` });
    part.append(html("h2", { id: `lesson-${i}` }, `${i + 1}. ${step.title}`));
    for (const text of step.says) part.append(html("p", {}, text));
    const form = html("form", {});
    const legend = html("legend", {}, step.ask);
    const field = html("fieldset", {}, legend);
    if (step.number)
      field.append(html("label", {}, "Your number ", html("input", { type: "number", name: "answer", required: "" })));
    step.choices.forEach((choice, k) => {
      if (step.number) return;
      const radio = html("input", { type: "radio", name: "answer", value: k, required: "" });
      field.append(html("label", {}, radio, choice.answer));
    });
    form.append(field, html("button", { type: "submit" }, "This is my answer: run it"));
    const after = html("div", { role: "status", tabindex: "-1", "aria-label": `Step ${i + 1}: the answer` });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.answer(step, i + 1, new FormData(form).get("answer"), after);
      after.focus(); // what was answered cannot be changed, so keys go on after it
      for (const input of form.querySelectorAll("input, button")) input.disabled = true;
    });
    part.append(form, after);
    return part;
  },

  verdict(step, answer) {
    if (!step.number) {
      const choice = step.choices[Number(answer)];
      if (choice.right) return [true, choice.feedback];
      const right = step.choices.find((other) => other.right);
      return [false, `${choice.feedback} Right is: ${right.answer}. ${right.feedback}`];
    }
    const [{ answer: right, feedback }] = step.choices;
    return [Number(answer) === Number(right), `It is ${right}. ${feedback}`];
  },

  async answer(step, number, answer, after) {
    const [right, feedback] = this.verdict(step, answer);
    after.append(
      html("p", { class: `verdict outcome ${right ? "good" : "bad"}` }, right ? "So it is." : "It is otherwise."),
      html("p", {}, feedback),
    );
    state.faults = [];
    changed();
    if (window.matchMedia("(max-width: 64rem)").matches) after.append(at("seen")); // there is no room beside the lesson
    const words = [...wordsOf(step.run), "--html", "page.html"];
    const result = await show([{ words, files: { ...given.files, ...step.files } }]);
    const said = result.out.trimEnd().split("\n").slice(-8).join("\n");
    const command = html("span", { class: "command" }, `$ lo0sim ${step.run}\n`);
    after.append(html("pre", { tabindex: "0", role: "region", "aria-label": `Step ${number}: what the run said` }, command, said));
    after.append(html("p", {}, html("strong", {}, "Why: "), step.why));
    if (step.more.length === 0) return;
    const more = html("details", {}, html("summary", {}, "More"));
    for (const text of step.more) more.append(html("p", {}, text));
    after.append(more);
  },
};
