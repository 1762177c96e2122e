// SPDX-License-Identifier: BSD-3-Clause
// The shell: a run is deterministic, so a shell that lives is its lines run again, and what a line says is what the
// output grows by.
"use strict";

const shell = {
  lines: [], // what was typed
  out: "", // what the lines have said, on standard output and on standard error
  err: "",
  recalled: 0, // which line the arrow keys have brought back
  columns: "80", // of what it says: the same for all lines, since each is compared with what was said before

  // Says a line, as if it was typed.
  async enter(line) {
    this.lines.push(line);
    this.recalled = this.lines.length;
    const words = ["shell", ...worldWords()];
    const files = { ...given.files, "rules.conf": state.rules };
    const { out, err } = await program.run(words, files, `${this.lines.join("\n")}\n`, { COLUMNS: this.columns });
    const more = (now, before) => (now.startsWith(before) ? now.slice(before.length) : now);
    const mistake = more(err, this.err).replace(/^line \d+: /gm, ""); // there is no file of lines here
    at("shell-said").textContent += `lo0sim> ${line}\n${more(out, this.out)}${mistake}`;
    at("shell-said").scrollTop = at("shell-said").scrollHeight;
    Object.assign(this, { out, err });
  },

  // Begins anew, and says these lines.
  async begin(lines) {
    Object.assign(this, { lines: [], out: "", err: "", recalled: 0 });
    at("shell-said").textContent = "";
    this.columns = String(columnsOfText(at("view-shell")));
    for (const line of lines) await this.enter(line);
  },

  // What was typed before, or after it. => Returns the line.
  recall(by) {
    this.recalled = Math.min(this.lines.length, Math.max(0, this.recalled + by));
    return this.lines[this.recalled] ?? "";
  },
};
