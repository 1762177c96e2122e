#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of --html, in a real browser. Ends with 77 where there is none.

    check_page.py --lo0sim PROGRAM --source FOLDER [--pictures FOLDER]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import browser

SKIPPED = 77
REWRITTEN = ["source port", "destination port", "sequence number", "ack number", "flags",
             "TCP checksum"]
# A test's name, a call's text and a note, each with what a page might fall for.
NASTY_NAME = "</script><img src=x onerror=document.title='fell'>&amp;\\\"' \\u{e9}"
NASTY = f"""
test("{NASTY_NAME}", function(box)
  box:spawn("<b>&</b>", function() box:listen(22):accept() end)
  box:connect("127.0.0.1", 22)
  box:spawn("\\xff\\xfe", function() box:sleep(1) end)
  box:sleep(2)
end)
"""



class Checks:
    def __init__(self, args, chromium, folder):
        self.args, self.folder = args, folder
        self.browser = chromium
        self.count = 0

    def expect(self, actual, expected, what):
        self.count += 1
        if actual != expected:
            sys.exit(f"{what}: expected {expected!r}, and it is {actual!r}")

    def page(self, *command):
        subprocess.run([self.args.lo0sim, *command], cwd=self.args.source, check=True,
                       stdout=subprocess.DEVNULL)

    def open(self, path):
        self.browser.open(path)
        self.quiet(path)

    def quiet(self, what):
        """Nothing was complained of, and nothing but the file itself was asked for."""
        self.expect(self.browser.complaints, [], f"{what}: complaints")
        others = [url for url in self.browser.requests if not url.startswith("file://")]
        self.expect(others, [], f"{what}: requests")
        self.expect(len(self.browser.requests), 1, f"{what}: how many files it reads")

    def chosen(self, run=0):
        """The number of the chosen event, and of the chosen step."""
        return self.browser.evaluate(
            f"(() => {{ const run = document.querySelectorAll('.run')[{run}];"
            "const at = (all) => [...all].findIndex(e => e.getAttribute('aria-selected') === 'true');"
            "const steps = [...run.querySelectorAll('.step')];"
            "const lit = steps.findIndex(e => e.classList.contains('chosen'));"
            "return [at(run.querySelectorAll('.events li')), at(steps) === lit ? lit : 'unlit'];"
            "})()")

    def steps_of_events(self, run=0):
        return self.browser.evaluate(f"data.runs[{run}].events.map(e => e.step)")

    # ---- the checks ----

    def arrow_keys_step(self):
        steps = self.steps_of_events()
        self.browser.press("Home")
        for event, step in enumerate(steps):
            self.expect(self.chosen(), [event, step], "an arrow key down")
            self.browser.press("ArrowDown")
        self.expect(self.chosen(), [len(steps) - 1, steps[-1]], "down at the end stays")
        self.browser.press("ArrowUp")
        self.expect(self.chosen()[0], len(steps) - 2, "an arrow key up")
        self.browser.press("Home")
        self.browser.press("End")
        self.expect(self.chosen()[0], len(steps) - 1, "End")

    def ladder_and_events_are_linked(self):
        steps = self.steps_of_events()
        for step in sorted(set(steps)):
            self.browser.evaluate(
                f"document.querySelectorAll('.run')[0].querySelectorAll('.step')[{step}]"
                ".dispatchEvent(new MouseEvent('click', {bubbles: true}))")
            self.expect(self.chosen(), [steps.index(step), step], "a step that is clicked")
        for event, step in enumerate(steps):
            self.browser.evaluate(f"document.querySelectorAll('.events li')[{event}].click()")
            self.expect(self.chosen(), [event, step], "an event that is clicked")
        with_it = self.browser.evaluate(
            "[...document.querySelectorAll('.run')[0].querySelectorAll('.events li.with')].length")
        self.expect(with_it, steps.count(steps[-1]), "the events of the chosen step")

    def sides_change(self):
        before = self.chosen(1)
        self.browser.press("ArrowRight")
        self.browser.press("ArrowDown")
        self.expect(self.chosen(1)[0], before[0] + 1, "down on the right side")
        self.browser.press("ArrowLeft")
        self.browser.press("Home")
        self.expect(self.chosen(0)[0], 0, "Home on the left side")
        self.expect(self.chosen(1)[0], before[0] + 1, "the right side meanwhile")

    def it_works_without_a_mouse(self):
        self.browser.evaluate("document.activeElement.blur()")
        focused = []
        for _ in range(5):
            self.browser.press("Tab")
            focused.append(self.browser.evaluate(
                "document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
        left, right = self.browser.evaluate("data.runs.map(run => run.title)")
        ways, events = ": the packets' ways", ": events"
        self.expect(focused, ["theme", left + ways, left + events, right + ways, right + events],
                    "the order of the focus")
        self.expect(self.browser.spoken("listbox"), focused[1:], "the lists, by their spoken names")
        options = self.browser.spoken("option")
        self.expect(len(options), self.browser.evaluate(
            "data.runs.map(run => run.steps.length + run.events.length).reduce((a, b) => a + b)"),
            "what can be chosen in them")
        self.expect(any("SYN 34448 > 22 from client to LOOPBACK_OUT" in name for name in options),
                    True, "an arrow is spoken")
        self.browser.press("Tab", shift=True)
        self.browser.press("Home")
        self.browser.press("ArrowDown")  # in a ladder: to the next step, not event
        steps = self.steps_of_events(1)
        self.expect(self.chosen(1)[1], sorted(set(steps))[1], "down in the ladder")

    def the_changed_fields_are_marked(self):
        self.browser.evaluate("choose(views[1], firstChoice(views[1].run))")
        fields = self.browser.evaluate(
            "[...document.querySelectorAll('.run')[1].querySelectorAll('tr.changed')]"
            ".map(row => row.children[1].textContent)")
        self.expect(fields, REWRITTEN, "what the rewrite changed")
        self.browser.evaluate("choose(views[1], 3)")  # as it left TCP
        self.expect(self.browser.evaluate("document.querySelectorAll('tr.changed').length"), 0,
                    "what ip_wput_ire changed")

    def the_theme_is_the_users(self):
        theme = "document.documentElement.dataset.theme"
        for scheme in ("dark", "light"):
            self.browser.media(scheme)
            self.expect(self.browser.settles(theme, scheme), scheme, "the theme")
        self.browser.evaluate("document.getElementById('theme').focus()")
        self.browser.press("Enter")
        self.expect(self.browser.evaluate(theme), "dark", "the theme that the button chose")
        self.browser.press("Enter")

    def it_fits(self):
        for width in (1600, 1024, 400):
            self.browser.size(width, 900)
            self.expect(self.browser.evaluate("document.scrollingElement.scrollWidth <= innerWidth"),
                        True, f"in {width} pixels nothing is cut off")

    def it_can_be_printed(self):
        self.browser.size(1400, 900)
        self.browser.media(media="print")
        self.expect(self.browser.evaluate(
            "[...document.querySelectorAll('.events')].every(e => e.scrollHeight <= e.clientHeight + 2)"),
            True, "on paper all events are there")
        self.expect(self.browser.evaluate(
            "getComputedStyle(document.getElementById('theme')).display"), "none", "the button on paper")
        self.browser.media()

    def take_pictures(self, name):
        if self.args.pictures is None:
            return
        self.args.pictures.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            self.browser.size(1500, 1000)
            self.browser.media(scheme)
            self.browser.settles("document.documentElement.dataset.theme", scheme)
            self.browser.picture(self.args.pictures / f"{name}_{scheme}.png")
        self.browser.media()

    # ---- the pages ----

    def two_runs(self):
        path = self.folder / "two.html"
        self.page("compare", "--html", path, "scenarios/telnet_localhost_22.lua")
        self.browser.size(1500, 1000)
        self.open(path)
        self.expect(self.browser.evaluate("views.length"), 2, "how many runs stand beside each other")
        self.take_pictures("two_runs")
        for check in (self.arrow_keys_step, self.ladder_and_events_are_linked, self.sides_change,
                      self.the_changed_fields_are_marked, self.it_works_without_a_mouse,
                      self.the_theme_is_the_users, self.it_fits, self.it_can_be_printed):
            check()
            self.quiet(check.__name__)

    def text_stays_text(self):
        script = self.folder / "nasty.lua"
        script.write_text(NASTY)
        path = self.folder / "nasty.html"
        self.page("run", "--html", path, script)
        self.open(path)
        name = "</script><img src=x onerror=document.title='fell'>&amp;\"' \u00e9"
        self.expect(self.browser.evaluate("document.title"), name, "the title")
        self.expect(self.browser.evaluate("document.querySelector('h1').textContent"), name, "h1")
        self.expect(self.browser.evaluate("document.querySelectorAll('img, b').length"), 0,
                    "elements that came from text")
        self.expect(self.browser.evaluate("document.scripts.length"), 2, "scripts")
        stations = self.browser.evaluate("data.runs[0].events.map(e => e.station)")
        self.expect("<b>&</b>" in stations, True, "a process' name as it is")
        self.expect("\\xff\\xfe" in stations, True, "bytes that are no text")

    def every_scenario(self):
        for scenario in sorted(pathlib.Path(self.args.source, "scenarios").glob("*.lua")):
            self.page("run", "--html", self.folder / f"{scenario.stem}.%t.html", scenario)
        pages = sorted(self.folder.glob("*.*.html"))
        self.expect(len(pages) > 100, True, "there are pages of scenarios")
        for path in pages[::8]:
            self.open(path)
            drawn = self.browser.evaluate("document.querySelectorAll('.step').length")
            self.expect(drawn, self.browser.evaluate("data.runs[0].steps.length"), f"{path}: steps")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lo0sim", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--pictures", type=pathlib.Path)
    args = parser.parse_args()
    path = browser.find()
    if path is None:
        print("there is no Chromium here: script/bootstrap all installs it")
        sys.exit(SKIPPED)
    chromium = browser.Browser(path)
    try:
        with tempfile.TemporaryDirectory() as folder:
            checks = Checks(args, chromium, pathlib.Path(folder))
            checks.two_runs()
            checks.text_stays_text()
            checks.every_scenario()
            print(f"{checks.count} checks")
    finally:
        chromium.close()


main()
