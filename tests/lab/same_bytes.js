// SPDX-License-Identifier: BSD-3-Clause
// What the lab's program writes of every scenario is what the native program writes: the timelines, the JSON lines and
// the captures, byte for byte.
//
//     node same_bytes.js LO0SIM LAB_FOLDER SOURCE_FOLDER
"use strict";

const { execFileSync } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const [lo0sim, lab, source] = process.argv.slice(2).map((given) => path.resolve(given));
const make = require(path.join(lab, "lab.js"));
const { runCommand } = require(path.join(source, "sim/lab/html/engine.js"));

const WORDS = ["run", "-v", "--jsonl", "%f.%t.jsonl", "-w", "%f.%t.pcapng"];
// The same of the other commands that the lab has.
const OTHERS = [
  ["connect", "--listen", "-f", "scenarios/rules/with_intercept.conf", "localhost", "22"],
  ["connect", "--mode", "inject", "--ladder", "-f", "scenarios/rules/with_intercept.conf", "::1", "22"],
  ["connect", "--fault", "drop SYN 1", "--html", "page.html", "--listen", "localhost", "22"],
  ["compare", "scenarios/telnet_localhost_22.lua"],
  ["outcomes", "-f", "scenarios/rules/with_intercept.conf"],
  ["check", "scenarios/rules/without_intercept.conf"],
  ["check", "missing.conf"],
  ["ipfstat", "scenarios/return_rst_before_the_fix_hangs.lua"],
  ["run", "fails.lua"],
  ["run", "budget.lua"],
  ["run", "mistake.lua"],
];
const SCRIPTS = {
  "fails.lua": 'test("f", function(box)\n  local _, e = box:connect("127.0.0.1", 22)\n  expect.eq(e, "EIO")\nend)\n',
  "budget.lua": 'test("f", function(box) while true do end end)\ntest("g", function(box) box:connct() end)\n',
  "mistake.lua": 'test("f", function(box)\n  box:filter("blok in all")\nend)\n',
};

function filesOf(folder, below = "") {
  const found = {};
  for (const name of fs.readdirSync(path.join(folder, below))) {
    const file = path.posix.join(below, name);
    if (fs.statSync(path.join(folder, file)).isDirectory()) Object.assign(found, filesOf(folder, file));
    else found[file] = fs.readFileSync(path.join(folder, file));
  }
  return found;
}

// The native program, in a folder that has nothing but the same files.
function native(words, given) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lo0sim-lab-"));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove); // also where it ends early
  for (const [name, content] of Object.entries(given)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  const result = { code: 0, out: "", err: "" };
  try {
    const options = { cwd: folder, env: { CI: "true" }, stdio: "pipe", maxBuffer: 1 << 28 };
    result.out = String(execFileSync(lo0sim, words, options));
  } catch (error) {
    result.code = error.status;
    result.out = String(error.stdout);
    result.err = String(error.stderr);
  }
  result.files = filesOf(folder);
  for (const name of Object.keys(given)) delete result.files[name];
  remove();
  process.off("exit", remove);
  return result;
}

let compared = 0;

function same(what, ours, theirs) {
  compared++;
  const a = Buffer.from(ours);
  const b = Buffer.from(theirs);
  if (Buffer.compare(a, b) === 0) return;
  const lines = String(a).split("\n");
  const others = String(b).split("\n");
  const at = lines.findIndex((line, i) => line !== others[i]);
  console.error(`${what} differs, line ${at + 1}:\n  lab    ${lines[at]}\n  native ${others[at]}`);
  process.exit(1);
}

async function compare(module, words, given) {
  const ours = await runCommand(make, module, words, given);
  const theirs = native(words, given);
  const what = words.join(" ");
  same(`${what}: output`, ours.out, theirs.out);
  if (theirs.code !== 0) same(`${what}: errors`, ours.err, theirs.err);
  same(`${what}: exit code`, String(ours.code), String(theirs.code));
  same(`${what}: files`, Object.keys(ours.files).sort().join("\n"), Object.keys(theirs.files).sort().join("\n"));
  for (const name of Object.keys(theirs.files)) same(`${what}: ${name}`, ours.files[name], theirs.files[name]);
}

async function main() {
  const module = await WebAssembly.compile(fs.readFileSync(path.join(lab, "lab.wasm")));
  const scenarios = filesOf(source, "scenarios");
  const scripts = Object.keys(scenarios).filter((name) => name.endsWith(".lua") && name.split("/").length === 2);
  for (const name of scripts) await compare(module, [...WORDS, name], scenarios);
  for (const words of OTHERS) await compare(module, words, { ...scenarios, ...SCRIPTS });
  console.log(`${scripts.length} scenarios: ${compared} texts and files are the same`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
