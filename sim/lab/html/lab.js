// SPDX-License-Identifier: BSD-3-Clause
// The lab: what is typed and chosen becomes a command of lo0sim's, which a worker runs; what it writes is shown. A run
// is deterministic, so a shell that lives is its lines run again, and a fault is the same run once more with it.
"use strict";

const PATIENCE_MS = 20000; // longer, and the worker is ended
const TYPING_MS = 250;

const given = JSON.parse(document.getElementById("given").textContent);

function at(id) {
  return document.getElementById(id);
}

// ---- the program, in a worker ----

const WORKER = `
let compiled = null;
onmessage = async ({ data }) => {
  if (data.wasm) {
    compiled = WebAssembly.compile(data.wasm);
    return;
  }
  try {
    const result = await runCommand(lo0sim, await compiled, data.words, data.files, data.input);
    postMessage({ id: data.id, result });
  } catch (error) {
    postMessage({ id: data.id, result: { code: 3, out: "", err: "lo0sim: " + error, files: {} } });
  }
};
`;

const program = {
  worker: null,
  waiting: new Map(),
  next: 1,

  start() {
    const parts = [at("program").textContent, "\n", at("engine").textContent, WORKER];
    const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
    this.worker = new Worker(address);
    this.worker.onmessage = ({ data }) => this.answered(data.id, data.result);
    const text = atob(at("wasm").textContent.trim());
    const wasm = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) wasm[i] = text.charCodeAt(i);
    this.worker.postMessage({ wasm: wasm.buffer }, [wasm.buffer]);
  },

  answered(id, result) {
    const call = this.waiting.get(id);
    if (call === undefined) return;
    clearTimeout(call.timer);
    this.waiting.delete(id);
    call.done(result);
  },

  // Whoever waits is told, and a new worker is started.
  end() {
    this.worker.terminate();
    const err = `lo0sim: ended after ${PATIENCE_MS / 1000} s of wall time\n`;
    for (const id of [...this.waiting.keys()]) this.answered(id, { code: 3, out: "", err, files: {} });
    this.start();
  },

  // => Returns a promise of {code, out, err, files}, as runCommand() does.
  run(words, files = {}, input = "") {
    if (this.worker === null) this.start();
    return new Promise((done) => {
      const id = this.next++;
      this.waiting.set(id, { done, timer: setTimeout(() => this.end(), PATIENCE_MS) });
      this.worker.postMessage({ id, words, files, input });
    });
  },
};

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
const state = { ...FIRST };
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
      state[key] = key in wanted && typeof wanted[key] === typeof FIRST[key] ? wanted[key] : FIRST[key];
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

function worldWords() {
  const words = ["--era", state.era, "--seed", state.seed];
  if (state.mode !== "") words.push("--mode", state.mode);
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

// Runs a command that writes page.html, and shows it. `step`: which to choose.
async function show(words, files, step) {
  const ours = ++latest;
  at("waiting").hidden = false;
  at("waiting").textContent = "Running ...";
  const result = await program.run(words, files);
  if (ours !== latest) return result; // another run was asked for meanwhile
  at("waiting").hidden = true;
  const runs = runsOf(result);
  say(runs === null || result.code > 1 ? result.err || result.out : "");
  if (runs === null) return result;
  showRuns(runs, at("runs"));
  if (step >= 0) views[0].chooseStep(Math.min(step, views[0].run.steps.length - 1));
  else if (views.length > 0) packetChosen(views[0]);
  return result;
}

function runRules(step) {
  const files = filesOf("lab.lua", scriptOfSwitches());
  return show(["run", ...worldWords(), ...faultWords(), "--html", "page.html", "lab.lua"], files, step);
}

function compareRules() {
  const files = filesOf("lab.lua", scriptOfSwitches());
  return show(["compare", "--seed", state.seed, "--html", "page.html", "lab.lua"], files);
}

async function runScript(step) {
  const name = state.scenario || "lab.lua";
  const files = filesOf(name, state.script);
  const words = ["run", "--seed", state.seed, ...faultWords(), "--html", "page.html"];
  const tests = await testsOf(name, files);
  if (tests === null) return;
  if (!tests.includes(state.test)) state.test = tests[0] || "";
  fillTests(tests);
  const result = await show([...words, state.test === "" ? name : `${name}:${state.test}`], files, step);
  at("script-said").textContent = result.out + result.err;
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

function again(step) {
  if (state.view === "script") return runScript(step);
  if (state.view === "outcomes") outcomes();
  return runRules(step);
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

async function outcomes() {
  const words = ["outcomes", "-f", "rules.conf", "--era", state.era];
  if (state.mode !== "") words.push("--mode", state.mode);
  const result = await program.run(words, { "rules.conf": state.rules });
  at("outcomes-said").textContent = result.out + result.err;
}

// ---- the shell ----

async function shell() {
  const words = ["shell", ...worldWords()];
  let shown = "";
  let before = "";
  // What each line adds; the whole is run again, and is the same as before but for the last.
  for (let i = Math.max(0, state.shell.length - 60); i < state.shell.length; i++) {
    const input = `${state.shell.slice(0, i + 1).join("\n")}\n`;
    const result = await program.run(words, { ...given.files, "rules.conf": state.rules }, input);
    const now = result.out + result.err;
    shown += `lo0sim> ${state.shell[i]}\n${now.slice(before.length)}`;
    before = now;
  }
  at("shell-said").textContent = shown;
  at("shell-said").scrollTop = at("shell-said").scrollHeight;
}

// Adds what a further line says, without running those before for their own sake.
let shellBefore = "";
async function shellLine(line) {
  state.shell.push(line);
  const input = `${state.shell.join("\n")}\n`;
  const files = { ...given.files, "rules.conf": state.rules };
  const result = await program.run(["shell", ...worldWords()], files, input);
  const now = result.out + result.err;
  at("shell-said").textContent += `lo0sim> ${line}\n${now.startsWith(shellBefore) ? now.slice(shellBefore.length) : now}`;
  shellBefore = now;
  at("shell-said").scrollTop = at("shell-said").scrollHeight;
}

// ---- faults ----

// The packet of the chosen step, as faults name it.
function packetNumber(view) {
  const event = view.run.events.at(view.event);
  return event === undefined || event.number === undefined ? 0 : event.number;
}

function packetChosen(view) {
  const number = packetNumber(view);
  const event = view.run.events.at(view.event);
  const part = at("packet-faults");
  part.hidden = number === 0 || event.packet === undefined || state.view === "shell";
  if (part.hidden) return;
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
      again();
    });
    at("faults").append(html("li", {}, off, fault));
  });
}

function addFault(fault) {
  const step = views.length > 0 ? views[0].step : -1;
  state.faults.push(fault);
  changed();
  again(step);
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
  at("faults-part").hidden = state.view === "shell" || state.view === "outcomes";
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
  state.view = view;
  if (view === "script" && state.script === "") {
    state.script = scriptOfSwitches();
    state.scenario = "";
  }
  changed();
  if (view === "outcomes") outcomes();
  if (view === "lesson") lesson.show(at("lesson"));
  if (view === "shell") at("shell-line").focus();
}

async function takeScenario(name) {
  state.scenario = name;
  state.script = name === "" ? scriptOfSwitches() : given.files[name];
  state.test = "";
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
  at("compare-rules").addEventListener("click", () => compareRules());
  at("run-script").addEventListener("click", () => runScript());
  at("take-script").addEventListener("click", () => takeScenario(""));
  at("delay").addEventListener("input", () => (at("delay-shown").textContent = at("delay").value));
  at("packet-faults").addEventListener("click", (event) => {
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
    shellLine(line);
    changed();
  });
  at("shell-anew").addEventListener("click", () => {
    state.shell = [];
    shellBefore = "";
    at("shell-said").textContent = "";
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
    if (tab !== null) choose(tab.id.slice(4));
  });
  at("views").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    const tabs = [...document.querySelectorAll("#views [role=tab]")];
    const next = tabs[(tabs.findIndex((tab) => tab.tabIndex === 0) + by + tabs.length) % tabs.length];
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
  if (state.view === "shell" && state.shell.length > 0) {
    await shell();
    shellBefore = (await program.run(["shell", ...worldWords()], { ...given.files, "rules.conf": state.rules }, `${state.shell.join("\n")}\n`)).out;
  }
  if (state.view === "lesson") lesson.show(at("lesson"));
  if (state.view === "outcomes") outcomes();
  await again();
}

function startLab() {
  page.writesAddress = false;
  page.chosen = packetChosen;
  startTheme();
  watch();
  fill(at("era"), given.eras.map((era) => [era, era]), state.era);
  fill(at("mode"), [["", "the era's"], ...given.modes.map((mode) => [mode, mode])], state.mode);
  const names = Object.keys(given.files).filter((name) => /^scenarios\/[^/]+\.lua$/.test(name));
  fill(at("scenario"), [["", "what the switches say"], ...names.map((name) => [name, name.slice(10, -4).replace(/_/g, " ")])], "");
  takeLink(location.hash);
  listen();
  open();
}

startLab();
