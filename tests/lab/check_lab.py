#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The lab in a real browser, from file://. Ends with 77 if there is no browser.

    check_lab.py --lo0sim PROGRAM [--pictures FOLDER] [--only PATTERN]

--only does those checks whose names match PATTERN.
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "html"))
import accessible  # noqa: E402
import browser  # noqa: E402

SKIPPED = 77
SIZES = ((1440, 900), (1024, 768), (390, 844))
DRAWN = "document.querySelector('.step') !== null && document.getElementById('waiting').hidden"
# What a command printed, and the sums of the files that it wrote.
SUMMED = """
const summed = async (result) => {
  const sums = {};
  for (const [name, bytes] of Object.entries(result.files)) {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    sums[name] = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return [result.out + result.err, sums];
};
"""


class Checks:
    def __init__(self, args, chromium, folder):
        self.args, self.folder, self.browser = args, folder, chromium
        self.count = 0
        self.page = folder / "lo0sim.html"
        subprocess.run([sys.executable, "sim/lab/bundle.py", ".", "build/lab", self.page], cwd=SOURCE, check=True)

    def expect(self, actual, expected, what):
        self.count += 1
        if actual != expected:
            sys.exit(f"{what}: expected {expected!r}, and it is {actual!r}")

    def native(self, *words, **environment):
        done = subprocess.run([self.args.lo0sim, *words], cwd=self.folder, capture_output=True, text=True,
                              env={"CI": "true", **environment})
        return done.stdout + done.stderr

    def evaluate(self, expression):
        return self.browser.evaluate(expression)

    def until(self, expression, what):
        if self.browser.settles(expression, True) is not True:
            shown = "[state, document.getElementById('message').textContent, document.querySelector('.run .outcome')?.textContent]"
            sys.exit(f"{what}: it does not come; the lab has {self.evaluate(shown)}, {self.browser.complaints}")
        self.count += 1

    def put(self, field, text):
        self.evaluate(f"(() => {{ const e = document.getElementById({json.dumps(field)});"
                      f" e.value = {json.dumps(text)}; e.dispatchEvent(new Event('input', {{bubbles: true}})); }})()")

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def outcome(self, text, what):
        self.until(f"{DRAWN} && document.querySelector('.run .outcome').textContent.includes({json.dumps(text)})", what)

    def open(self):
        self.browser.open(self.page)
        self.until(DRAWN, "the first ladder")

    def quiet(self, what):
        self.expect(self.browser.complaints, [], f"{what}: complaints")
        others = [url for url in self.browser.requests if not url.startswith(("file://", "blob:"))]
        self.expect(others, [], f"{what}: requests")

    # ---- the checks ----

    def every_scenario_is_the_native_ones(self):
        self.evaluate(SUMMED)
        shutil.copytree(SOURCE / "scenarios", self.folder / "scenarios")
        for golden in (self.folder / "scenarios").glob("*.trace"):
            golden.unlink()
        for path in sorted((SOURCE / "scenarios").glob("*.lua")):
            name = f"scenarios/{path.name}"
            words = ["run", "-v", "--jsonl", "%f.%t.jsonl", "-w", "%f.%t.pcapng", name]
            said, files = self.evaluate(f"program.run({json.dumps(words)}, given.files).then(summed)")
            self.expect(said == self.native(*words), True, f"{name}: the same timeline")
            written = {}
            for file in self.folder.glob("*.*"):
                if file.suffix in (".jsonl", ".pcapng"):
                    written[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
                    file.unlink()
            self.expect(files, written, f"{name}: the same JSON lines and captures")

    def rules_are_checked_as_they_are_typed(self):
        self.put("rules", "set intercept_loopback true;\nblok in all\nblock return-rst out on lo0 proto tcp all\n")
        self.until("document.querySelectorAll('#findings .error').length === 1", "an error is found")
        self.expect("did you mean 'block'" in self.evaluate("document.querySelector('#findings .error').textContent"),
                    True, "what it says")
        self.expect(self.evaluate("document.querySelectorAll('#findings .warning').length") > 0, True, "a warning")
        self.click("#findings .error")
        self.expect(self.evaluate("document.getElementById('rules').value.slice("
                                  "document.getElementById('rules').selectionStart,"
                                  "document.getElementById('rules').selectionEnd)"), "blok", "it leads to its place")
        self.evaluate("runRules()")
        self.until("document.getElementById('message').textContent.includes('blok')", "rules that are wrong are not run")
        self.put("rules", self.evaluate("FIRST_RULES"))

    def switches_switch(self):
        for kind in ("eras", "modes"):
            self.expect(self.evaluate(f"given.{kind}"), self.native("--words", kind).split(), f"the {kind}")
        self.click("#run-rules")
        self.outcome("ECONNREFUSED at 0.000 s", "the fix")
        self.put("mode", "inject")
        self.outcome("ETIMEDOUT at 30.000 s", "before the fix")
        self.put("era", "linux")
        self.until(f"{DRAWN} && views[0].run.title.endsWith('era linux')", "another era")
        self.put("mode", "")
        self.put("era", "post")
        self.put("address", "::1")
        self.outcome("connect ::1.22: ECONNREFUSED", "IPv6")
        self.put("address", "127.0.0.1")
        self.put("protocol", "udp")
        self.outcome("recv", "UDP")
        self.put("protocol", "tcp")
        self.put("port", "23")
        self.put("listener", "no")
        self.outcome("nobody listens on port 23", "nobody listens")
        self.put("listener", "yes")
        self.put("port", "22")
        self.click("#compare-rules")
        self.until(f"views.length === 2 && {DRAWN}", "before and after the fix stand side by side")

    def packets_are_lost_doubled_and_delayed(self):
        self.put("rules", "")
        self.click("#run-rules")
        self.outcome("send: 5 bytes", "without rules")
        syn = "views[0].run.events.findIndex(e => e.packet !== undefined && e.number === 1)"
        self.evaluate(f"views[0].choose({syn}, {{by: 'user'}})")
        self.expect(self.evaluate("document.getElementById('packet-faults').hidden"), False, "what can be done to it")
        self.click("[data-fault=drop]")
        self.until(f"state.faults[0] === 'drop packet 1' && {DRAWN}", "the SYN is lost")
        self.until("views[0].run.steps.some(s => s.time === '3.375000')", "and sent again")
        self.click("#faults button")
        self.until(f"state.faults.length === 0 && {DRAWN}", "without it")
        self.evaluate(f"views[0].choose({syn}, {{by: 'user'}})")
        self.put("delay", "2")
        self.click("[data-fault=delay]")
        self.until("views[0].run.steps.some(s => s.time === '2.000000')", "it is delayed")
        self.put("fault-line", "lose everything")
        self.evaluate("document.getElementById('fault-form').requestSubmit()")
        self.until("document.getElementById('message').textContent.includes('--fault')", "a fault that is none")
        self.evaluate("state.faults = []; changed()")
        self.put("rules", self.evaluate("FIRST_RULES"))

    def a_script_is_opened_changed_and_run(self):
        self.click("#tab-script")
        self.expect(self.evaluate("document.querySelectorAll('#scenario option').length"),
                    1 + len(list((SOURCE / "scenarios").glob("*.lua"))) + len(list((SOURCE / "exercises").glob("*.lua"))),
                    "every scenario and exercise can be opened")
        self.evaluate("document.getElementById('scenario').value = 'scenarios/telnet_localhost_22.lua';"
                      "document.getElementById('scenario').dispatchEvent(new Event('change'))")
        self.until("document.getElementById('script-said').textContent.includes('1 passed, 0 failed')", "it is run")
        self.put("script", self.evaluate("state.script.replace('ECONNREFUSED', 'EIO')") + "\n-- changed")
        self.put("script", 'test("mine", function(box)\n  box:connect("127.0.0.1", 9)\n  expect.eq(1, 2)\nend)\n')
        self.click("#run-script")
        self.until("document.getElementById('script-said').textContent.includes('expect.eq failed')", "a failure is told")
        self.put("script", "test(")
        self.click("#run-script")
        self.until("document.getElementById('script-said').textContent.includes('telnet_localhost_22.lua:1')",
                   "a mistake is told with its place")

    def an_exercise_says_what_is_wrong(self):
        self.click("#tab-script")
        for name, said in (("exercises/1.lua", "whoever connects to port 23 still gets through"),
                           ("exercises/keys/1.lua", "2 passed, 0 failed")):
            script = (SOURCE / name).read_text()
            self.evaluate("document.getElementById('scenario').value = 'exercises/1.lua';"
                          "document.getElementById('scenario').dispatchEvent(new Event('change'))")
            self.until("document.getElementById('script-said').textContent.includes('exercises/1.lua')", "it is run")
            self.put("script", script)
            self.click("#run-script")
            self.until(f"document.getElementById('script-said').textContent.includes({json.dumps(said)})", name)

    def the_shell_lives(self):
        self.click("#tab-shell")
        why = "why in on lo0 tcp 127.0.0.1,40000 127.0.0.1,22 S"
        for line in ("listen 22", "telnet localhost 22", "mode inject", "wrong", "ipf -f rules.conf", why, "time"):
            self.put("shell-line", line)
            self.evaluate("document.getElementById('shell-form').requestSubmit()")
            self.until(f"document.getElementById('shell-said').textContent.includes({json.dumps('> ' + line)})", line)
        said = self.evaluate("document.getElementById('shell-said').textContent")
        self.expect("connected after 0.000 s" in said and "there is no command 'wrong'" in said, True, "what it says")
        self.expect("=> block return-rst, by rule @0:1" in said, True, "the rules of the box are asked about a packet")

    def outcomes_are_the_native_ones(self):
        self.click("#tab-outcomes")
        (self.folder / "rules.conf").write_text(self.evaluate("state.rules"))
        self.until("document.getElementById('outcomes-said').textContent !== ''", "outcomes")
        columns = self.evaluate("columnsOfText(document.getElementById('view-outcomes'))")
        self.expect(columns > 80, True, "there is room for them")
        wanted = self.native("outcomes", "-f", "rules.conf", "--era", "post", COLUMNS=str(columns))
        self.until(f"document.getElementById('outcomes-said').textContent === {json.dumps(wanted)}", "outcomes")

    def a_link_holds_all(self):
        self.click("#tab-rules")
        self.put("rules", "block in all # \u00e4\n")
        self.put("mode", "errno")
        self.put("seed", "7")
        self.evaluate("state.faults = ['drop SYN 1']; changed()")
        link = self.evaluate("toLink()")
        self.evaluate("Object.assign(state, structuredClone(FIRST)); put()")
        self.expect(self.evaluate(f"takeLink({json.dumps(link)})"), True, "a link is read")
        self.expect(self.evaluate("[state.rules, state.mode, state.seed, state.faults[0]]"),
                    ["block in all # \u00e4\n", "errno", "7", "drop SYN 1"], "what it holds")
        self.expect(self.evaluate("takeLink('#lab=garbage')"), False, "a link that is none")
        self.evaluate("Object.assign(state, structuredClone(FIRST)); say(''); changed()")

    def the_lesson_asks_first(self):
        self.click("#tab-lesson")
        self.expect(self.evaluate("document.querySelectorAll('.lesson-step').length"), 8, "eight steps")
        self.expect(self.evaluate("document.querySelector('.lesson-step').textContent.includes('Why:')"), False,
                    "no answer before it is given")
        for step in range(8):
            self.evaluate(f"(() => {{ const f = document.querySelectorAll('.lesson-step form')[{step}];"
                          " const n = f.querySelector('input[type=number]'); if (n) n.value = 3;"
                          " else f.querySelector('input').checked = true; f.requestSubmit(); })()")
            self.until(f"document.querySelectorAll('.lesson-step')[{step}].textContent.includes('Why:')",
                       f"step {step + 1} opens")
            ran = self.evaluate(f"document.querySelectorAll('.lesson-step pre')[{step}].textContent")
            self.expect("FAIL" in ran or len(ran.split("\n")) < 2, False, f"step {step + 1} runs: {ran}")
        self.click("#tab-rules")

    def what_a_browser_has_not_is_refused(self):
        for words, text in ((["run", "--hook", "x.so", "lab.lua"], "--hook is not there in a browser"),
                            (["exec", "ls"], "the lab has no command 'exec'")):
            said = self.evaluate(f"program.run({json.dumps(words)}, {{'lab.lua': ''}}).then(r => r.code + r.err)")
            self.expect(said[0] == "2" and text in said, True, f"{words}: {said!r}")

    # ---- with nothing but keys ----

    def to(self, selector):
        """Tab leads there, from the beginning of the page."""
        self.evaluate("document.getElementById('link').focus()")
        self.expect(self.browser.tab_to(selector), True, f"Tab leads to {selector}")

    def view(self, name):
        """To another view, by the tabs' arrow keys."""
        self.to("[role=tab]")
        self.browser.press("Home")
        while self.evaluate("state.view") != name:
            self.browser.press("ArrowRight")
        self.until(DRAWN + " || document.getElementById('seen').hidden || state.view === 'lesson'", f"the view {name}")

    def chosen_by_keys(self, selector, value, what):
        self.to(selector)
        self.browser.press("Home")
        for _ in range(200):
            if self.evaluate("document.activeElement.value") == value:
                return
            self.browser.press("ArrowDown")
        sys.exit(f"{what}: keys do not choose {value}")

    def rules_by_keys(self):
        self.view("rules")
        self.to("#rules")
        self.browser.press("a", control=True)
        self.browser.type("set intercept_loopback true;\nblock return-rst in on lo0 proto tcp from any to any port = 23\n")
        self.until("!document.querySelector('#findings button')", "no finding in right rules")
        self.browser.press("Tab")
        self.expect(self.evaluate("document.activeElement.id"), "protocol", "Tab leads out of the rules")
        self.to("#port")
        self.browser.press("a", control=True)
        self.browser.type("23")
        self.chosen_by_keys("#mode", "inject", "the mode")
        self.to("#rules")
        self.browser.press("Enter", control=True)
        self.until(f"{DRAWN} && views[0].run.title.includes('inject')", "the mode that keys have chosen")
        self.to("#compare-rules")
        self.browser.press("Enter")
        self.until(f"views.length === 2 && {DRAWN}", "before and after")

    def packets_by_keys(self):
        self.evaluate("Object.assign(state, structuredClone(FIRST), { rules: '' }); changed()")
        self.to("#run-rules")
        self.browser.press("Enter")
        self.outcome("send: 5 bytes", "without rules")
        self.to(".ladder-box")
        self.browser.press("Home")
        for _ in range(8):
            self.browser.press("ArrowDown")
            if self.evaluate("packetNumber(views[0]) === 1 && !document.getElementById('packet-faults').hidden"):
                break
        self.to("[data-fault=drop]")
        self.browser.press("Enter")
        self.until(f"state.faults[0] === 'drop packet 1' && {DRAWN}", "the packet is lost")
        self.until("document.activeElement === views[0].ladder.box", "and keys go on in the ladder")
        self.to("#faults button")
        self.browser.press("Enter")
        self.until(f"state.faults.length === 0 && document.activeElement.id === 'fault-line' && {DRAWN}", "without it")
        self.browser.type("drop SYN 1\n")
        self.until(f"state.faults[0] === 'drop SYN 1' && {DRAWN}", "a fault that was typed")
        self.evaluate("state.faults = []; changed()")

    def script_by_keys(self):
        self.view("script")
        self.chosen_by_keys("#scenario", "scenarios/telnet_localhost_22.lua", "a scenario")
        self.until("document.getElementById('script-said').textContent.includes('1 passed, 0 failed')", "it is run")
        self.to("#script")
        self.browser.press("Home", control=True)
        self.browser.type("-- mine\n")
        self.browser.press("Enter", control=True)
        self.until(f"state.script.startsWith('-- mine') && {DRAWN}", "it is changed, and run again")

    def shell_by_keys(self):
        self.view("shell")
        self.to("#shell-anew")
        self.browser.press("Enter")
        self.to("#shell-line")
        for line in ("wrong", "listen 22", "telnet localhost 22"):
            self.browser.type(line + "\n")
        self.until("document.getElementById('shell-said').textContent.includes('connected after 0.000 s')", "the shell")
        said = self.evaluate("document.getElementById('shell-said').textContent")
        self.expect(said.count("there is no command 'wrong'"), 1, f"a mistake is said once, after its line: {said}")
        self.expect(said.index("no command") < said.index("> listen 22"), True, f"and before the next: {said}")
        self.browser.press("ArrowUp")
        self.browser.press("ArrowUp")
        self.browser.press("ArrowDown")
        self.expect(self.evaluate("document.activeElement.value"), "telnet localhost 22", "what was typed before")

    def lesson_by_keys(self):
        self.open()
        self.view("lesson")
        self.expect(self.evaluate("views.length"), 0, "no run is shown before an answer")
        self.to(".lesson-step input")
        self.browser.type("3")
        self.browser.press("Enter")
        self.until("document.querySelector('.lesson-step').textContent.includes('Why:')", "a number is answered")
        self.expect(self.evaluate("document.activeElement.parentElement.className"), "lesson-step", "keys go on there")
        self.expect(self.browser.tab_to("[type=radio]"), True, "the next question")
        self.browser.press("ArrowDown")
        self.browser.press("Enter")
        self.until("document.querySelectorAll('.lesson-step')[1].textContent.includes('Why:')", "a choice is answered")
        self.view("rules")

    def every_view_has_a_path_for_tab(self):
        for name in ("rules", "script", "shell", "outcomes", "lesson"):
            self.view(name)
            self.until("document.getElementById('waiting').hidden || state.view !== 'rules'", name)
            accessible.walk(self, f"the view {name}")

    # ---- for everybody ----

    def every_view_is_for_everybody(self):
        for width, height in SIZES:
            self.browser.size(width, height)
            self.open()
            accessible.check_both_themes(self, f"rules in {width} pixels")
            self.pictures(width, "rules")
            self.put("rules", "blok in all\nblock return-rst out on lo0 proto tcp all\n")
            self.until("document.querySelectorAll('#findings button').length > 1", "findings")
            accessible.check(self, f"findings in {width} pixels")
            self.put("rules", self.evaluate("FIRST_RULES"))
            self.evaluate("state.faults = ['drop SYN 1']; changed(); compareRules()")
            self.until(f"views.length === 2 && {DRAWN}", "two runs")
            accessible.check_both_themes(self, f"two runs in {width} pixels")
            self.pictures(width, "two_runs")
            for view in ("script", "shell", "outcomes", "lesson"):
                self.click(f"#tab-{view}")
                if view == "shell":
                    self.evaluate("shell.begin(['help', 'wrong'])")
                if view == "lesson":
                    self.evaluate("(() => { const f = document.querySelector('.lesson-step form');"
                                  " f.querySelector('input').value = 3; f.requestSubmit(); })()")
                    self.until(f"document.querySelector('.lesson-step').textContent.includes('Why:') && {DRAWN}", view)
                self.until("document.getElementById('waiting').hidden || state.view === 'shell'", view)
                accessible.check_both_themes(self, f"{view} in {width} pixels")
                self.pictures(width, view)
            self.quiet(f"{width} pixels")
            self.evaluate("history.replaceState(null, '', location.pathname)")

    def pictures(self, width, name):
        if self.args.pictures:
            self.args.pictures.mkdir(parents=True, exist_ok=True)
            self.browser.picture(self.args.pictures / f"lab_{name}_{width}.png")

    def all(self):
        self.browser.size(*SIZES[0])
        self.open()
        for check in (self.every_scenario_is_the_native_ones, self.rules_are_checked_as_they_are_typed,
                      self.switches_switch, self.packets_are_lost_doubled_and_delayed,
                      self.a_script_is_opened_changed_and_run,
                      self.an_exercise_says_what_is_wrong, self.the_shell_lives,
                      self.outcomes_are_the_native_ones, self.a_link_holds_all, self.the_lesson_asks_first,
                      self.what_a_browser_has_not_is_refused, self.rules_by_keys, self.packets_by_keys,
                      self.script_by_keys, self.shell_by_keys, self.lesson_by_keys, self.every_view_has_a_path_for_tab,
                      self.every_view_is_for_everybody):
            if re.search(self.args.only, check.__name__):
                check()
                self.quiet(check.__name__)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lo0sim", required=True)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    path = browser.find()
    if path is None:
        print("there is no Chromium here: script/bootstrap all installs it")
        sys.exit(SKIPPED)
    chromium = browser.Browser(path)
    try:
        with tempfile.TemporaryDirectory() as folder:
            checks = Checks(args, chromium, pathlib.Path(folder))
            checks.all()
            print(f"{checks.count} checks")
            accessible.say()
    finally:
        chromium.close()


main()
