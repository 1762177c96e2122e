#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of --html, in a real browser. Ends with 77 if there is none.

    check_page.py --lo0sim PROGRAM --source FOLDER [--pictures FOLDER]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import accessible
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



MANY = """
test("many", function(box)
  box:spawn("server", function()
    local listener = box:listen(80)
    while true do local sock = listener:accept() sock:recv() sock:close() end
  end)
  for _ = 1, 600 do
    local sock = box:connect("127.0.0.1", 80)
    sock:send("x")
    sock:close()
    box:sleep(1)
  end
end)
"""


# Packets with a port or a length that is not what its bytes say, or with a field that says nothing.
WRONG_PACKETS = """
data.runs[0].packets.map(packet => packet.fields.filter(field => {
  const number = ["source port", "destination port", "total length"].includes(field.name);
  const bytes = parseInt(packet.hex.slice(2 * field.offset, 2 * (field.offset + field.size)), 16);
  return typeof field.text !== "string" || (number && Number(field.text) !== bytes);
}).map(field => `${packet.text}: ${field.name} ${field.text}`)).flat()
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
        """The number of the chosen event and of the chosen step, and both are marked where they stand."""
        return self.browser.evaluate(
            f"(() => {{ const view = views[{run}];"
            "const event = view.section.querySelector('.event[aria-selected=true]');"
            "const step = view.section.querySelector('.step.chosen[aria-selected=true]');"
            "if (!event || event.id !== `${view.run.id}-event-${view.event}`) return 'event unmarked';"
            "if (!step || step.id !== `${view.run.id}-step-${view.step}`) return 'step unmarked';"
            "return [view.event, view.step];"
            "})()")

    def steps_of_events(self, run=0):
        return self.browser.evaluate(f"data.runs[{run}].events.map(e => e.step)")

    def focus(self, what, run=0):
        self.browser.evaluate(f"document.querySelectorAll('.run')[{run}].querySelector('{what}').focus()")

    # ---- the checks ----

    def arrow_keys_belong_to_what_has_the_focus(self):
        steps = self.steps_of_events()
        self.browser.evaluate("document.activeElement.blur()")
        before = self.chosen()
        for key in ("ArrowDown", "ArrowUp", "Home", "End"):
            self.browser.press(key)
            self.expect(self.chosen(), before, f"{key} without the focus")
        self.focus(".events")
        self.browser.press("Home")
        for event, step in enumerate(steps):
            self.expect(self.chosen(), [event, step], "an arrow key down")
            self.browser.press("ArrowDown")
        self.expect(self.chosen(), [len(steps) - 1, steps[-1]], "down at the end stays")
        self.browser.press("ArrowUp")
        self.expect(self.chosen()[0], len(steps) - 2, "an arrow key up")

    def home_and_end_scroll_to_their_step(self):
        steps = self.steps_of_events()
        self.focus(".ladder-box")
        for key, event in (("Home", 0), ("End", len(steps) - 1)):
            self.browser.press(key)
            self.expect(self.chosen()[0], event, key)
            self.expect(self.browser.evaluate(
                "(() => { const box = views[0].ladder.box.getBoundingClientRect();"
                "const step = document.querySelector('.step.chosen').getBoundingClientRect();"
                "return step.top >= box.top - 1 && step.bottom <= box.bottom + 1; })()"), True,
                f"the step that {key} chose is seen")

    def ladder_and_events_are_linked(self):
        steps = self.steps_of_events()
        self.browser.evaluate("views[0].ladder.box.scrollTop = 0; document.getElementById('together').checked = false")
        for step in sorted(set(steps)):
            self.browser.evaluate(f"views[0].ladder.choose({step})")
            self.browser.evaluate(
                f"document.getElementById('run-0-step-{step}')"
                ".dispatchEvent(new MouseEvent('click', {bubbles: true}))")
            self.expect(self.chosen(), [steps.index(step), step], "a step that is clicked")
        for event, step in enumerate(steps):
            self.browser.evaluate(f"views[0].events.choose({event})")
            self.browser.evaluate(f"document.getElementById('run-0-event-{event}').click()")
            self.expect(self.chosen(), [event, step], "an event that is clicked")
        self.browser.evaluate("document.getElementById('together').checked = true")

    def sides_change(self):
        self.focus(".ladder-box")
        self.browser.press("ArrowRight")
        self.browser.press("Home")
        self.expect(self.browser.evaluate("document.activeElement === views[1].ladder.box"), True,
                    "right leads to the right side")
        self.browser.press("ArrowLeft")
        self.expect(self.browser.evaluate("document.activeElement === views[0].ladder.box"), True,
                    "left leads back")

    def two_runs_step_together(self):
        self.focus(".ladder-box")
        self.browser.press("Home")
        self.expect([self.chosen(0)[1], self.chosen(1)[1]], [0, 0], "both at the beginning")
        for _ in range(3):
            self.browser.press("ArrowDown")
        self.expect(self.chosen(0)[1], self.chosen(1)[1], "both sides at one step")
        self.browser.press("End")
        self.expect(self.chosen(1)[1], self.browser.evaluate("views[1].run.steps.length - 1"),
                    "a run that is over stays at its end")
        self.browser.evaluate("document.getElementById('together').checked = false")
        self.browser.press("Home")
        self.expect(self.chosen(1)[1] > 0, True, "apart, the other side stays")
        self.browser.evaluate("document.getElementById('together').checked = true")

    def every_step_can_be_chosen(self):
        """By keys, by its address, and by a click; also one that has no event of its own."""
        evaluate = self.browser.evaluate
        for run in (0, 1):
            count = evaluate(f"views[{run}].run.steps.length")
            self.focus(".ladder-box", run)
            self.browser.press("Home")
            for step in range(count):
                self.expect(self.chosen(run)[1], step, f"run {run + 1}: down, step by step")
                self.browser.press("ArrowDown")
        evaluate("location.hash = '#run=2&step=11'")
        self.expect(self.browser.settles("views[1].step", 10), 10, "a step without events, by its address")
        self.expect(evaluate("document.querySelector('#runs .run:nth-child(2) .packet-line').textContent.includes(' R. ')"),
                    True, "its packet")

    def the_pair_is_by_instants(self):
        """The same step of the same instant; where one run is over, its last."""
        evaluate = self.browser.evaluate
        pair = "[views[0].step, views[1].step]"
        first = evaluate(pair)
        self.expect(first[0], first[1], "the first pair")
        self.focus(".ladder-box", 0)
        self.browser.press("ArrowDown")
        self.expect(evaluate(pair), [first[0] + 1, first[1] + 1], "a step on")
        again = evaluate("views[0].run.stepTable.us.findIndex(us => us > 0)")
        evaluate(f"views[0].chooseStep({again})")
        self.expect(evaluate(pair), [again, evaluate("views[1].run.steps.length - 1")], "one that is over is at its end")

    def the_first_layout_fits(self, path):
        """In a narrow window, too, where a scrollbar takes width."""
        for width in (390, 1500):
            self.browser.size(width, 1000)
            self.open(path)
            self.expect(self.browser.evaluate(
                "views.map(v => v.ladder.box.offsetWidth - v.ladder.box.clientWidth > 8 &&"
                " v.ladder.geometry.width <= v.ladder.box.clientWidth)"),
                [True, True], f"in {width} pixels there are scrollbars, and no ladder is cut")

    def the_panel_says_where_a_rule_decided(self):
        def said(station):
            self.browser.evaluate(
                f"views[0].choose(views[0].run.events.findIndex(e => e.station === '{station}'))")
            return self.browser.evaluate("views[0].section.querySelector('.rules .decided strong')?.textContent")

        self.expect(said("fr_firewall"), None, "at LOOPBACK_OUT no rule matched")
        for station in ("fr_send_reset", "net_inject", "fr_fastroute"):
            self.expect(said(station), " decided about the packet to which this is the reply", station)
        self.expect(said("timer"), " decided at this step, at another of its events", "a SYN again")

    def one_short_sentence_is_said(self):
        self.focus(".ladder-box")
        self.browser.press("Home")
        for _ in range(4):
            self.browser.press("ArrowDown")
        said = self.browser.evaluate("document.getElementById('live').textContent")
        self.expect(said.startswith("Step 5 of ") and "\n" not in said and len(said) < 160, True,
                    f"one short sentence: {said!r}")

    def an_address_leads_to_a_step(self):
        self.focus(".ladder-box")
        self.browser.press("Home")
        self.browser.press("ArrowDown")
        self.expect(self.browser.settles("location.hash", "#run=1&step=2"), "#run=1&step=2",
                    "the address of a step")
        self.browser.evaluate("location.hash = '#run=2&step=4'")
        self.expect(self.browser.settles("views[1].step", 3), 3, "a step by its address")
        self.browser.evaluate("location.hash = '#run=9&step=999'")
        self.expect(self.browser.evaluate("views[1].step"), 3, "an address of nothing")

    def the_rule_that_decided_is_marked(self):
        self.browser.evaluate("views[1].choose(views[1].run.events.findIndex(e => e.rule !== undefined))")
        self.expect(self.browser.evaluate(
            "views[1].section.querySelector('.rules .decided').textContent"),
            "@0:1 block return-rst in on lo0 proto tcp from any to any port = 22 decided here", "the rule")

    def names_are_explained(self):
        self.expect(self.browser.evaluate(
            "[...document.querySelectorAll('.event')].find(e => e.title.startsWith('ip_wput_ire')).title"),
            "ip_wput_ire: the function by which IP sends a packet; the row shows a packet as it leaves TCP or UDP.",
            "an event's name")
        self.expect(self.browser.evaluate("document.querySelectorAll('.headings title').length > 5"), True,
                    "the headings' names")

    def search_finds_filters_and_folds(self):
        view = "views[0]"
        self.browser.evaluate(f"{view}.search.value = 'net_inject'; {view}.find('net_inject'); {view}.nextFound(1)")
        found = self.browser.evaluate(f"[...{view}.hits]")
        self.expect(len(found) > 0 and self.chosen()[1] in found, True, "what was searched for")
        self.browser.evaluate(f"{view}.only = true; {view}.layOut()")
        self.expect(self.browser.evaluate(f"{view}.ladder.rows.filter(isStep).length"),
                    len(found), "only what was found")
        self.browser.evaluate(f"{view}.only = false; {view}.find(''); {view}.folded = true; {view}.layOut()")
        self.expect(self.browser.evaluate(f"{view}.ladder.rows.filter(r => r.fold).length > 0"), True, "folded")
        self.browser.evaluate(f"{view}.choose(3)")
        self.expect(self.chosen()[0], 3, "a step that was folded is unfolded when it is chosen")
        self.browser.evaluate(f"{view}.folded = false; {view}.layOut()")

    def it_plays(self):
        self.browser.evaluate("views[1].choose(0); views[1].player.speed.value = '0'; views[1].player.button.click()")
        self.expect(self.browser.settles("views[1].step >= 2", True), True, "it goes on by itself")
        self.browser.evaluate("views[1].player.button.click()")
        self.expect(self.browser.evaluate("views[1].player.timer"), None, "until it is told to pause")
        self.browser.evaluate("views[0].chooseStep(views[0].run.steps.findIndex(s => s.gap) - 1);"
                              "views[0].player.speed.value = '1'; views[0].player.button.click()")
        self.expect(self.browser.evaluate("views[0].player.skip.hidden"), False, "a long wait can be skipped")
        step = self.browser.evaluate("views[0].step")
        self.browser.evaluate("views[0].player.skip.click()")
        self.expect(self.browser.settles(f"views[0].step > {step}", True), True, "and is")
        self.browser.evaluate("views[0].player.stop()")

    def tab_leads_to_all_and_what_it_leads_to_has_a_name(self):
        accessible.walk(self, "two runs")
        left, right = self.browser.evaluate("data.runs.map(run => run.title)")
        ways, events = ": the packets' ways", ": events"
        self.expect(self.browser.spoken("listbox"), [left + ways, left + events, right + ways, right + events],
                    "the lists, by their spoken names")
        options = self.browser.spoken("option")
        self.expect(any("SYN 34448 > 22 from client to LOOPBACK_OUT" in name for name in options),
                    True, "an arrow is spoken")

    def to(self, selector):
        self.browser.evaluate("document.getElementById('together').focus()")
        self.expect(self.browser.tab_to(selector), True, f"Tab leads to {selector}")

    def everything_is_done_by_keys(self):
        """From each control, with nothing but keys; the second run is left alone."""
        evaluate, press, settles = self.browser.evaluate, self.browser.press, self.browser.settles
        self.to("#together")
        press(" ")
        self.expect(evaluate("document.getElementById('together').checked"), False, "Space: not together")
        self.to(".ladder-box")
        press("Home")
        self.to("[aria-label='Step on']")
        step = evaluate("views[0].step")
        press("Enter")
        self.expect(evaluate("views[0].step"), step + 1, "Enter on the button: a step on")
        self.to("[aria-label='Step back']")
        press(" ")
        self.expect(evaluate("views[0].step"), step, "Space on the button: a step back")
        self.to("[aria-label=Speed]")
        for _ in range(3):
            press("ArrowDown")
        self.expect(evaluate("views[0].player.speed.value"), "0", "arrow keys choose a speed")
        self.to(".play")
        press("Enter")
        self.expect(settles(f"views[0].step > {step}", True), True, "Enter plays")
        press("Escape")
        self.expect(evaluate("views[0].player.timer"), None, "Escape ends that")
        evaluate("views[0].choose(0)")  # wherever it has come to meanwhile
        self.to("[type=search]")
        self.browser.type("net_inject")
        press("Enter")
        self.expect(evaluate("views[0].hits.has(views[0].step)"), True, "a word is searched for, and found")
        press("Tab")
        press("Tab")
        press(" ")
        self.expect(evaluate("views[0].only"), True, "Space: only what was found")
        press(" ")
        press("Tab")
        press("Enter")
        self.expect(evaluate("views[0].folded"), True, "Enter folds")
        press("Enter")
        self.to("[type=search]")
        press("a", control=True)
        press("Backspace")
        self.expect(evaluate("[views[0].folded, views[0].wanted]"), [False, ""], "and all is as before")
        self.to(".packet")
        top = evaluate("views[0].packet.scrollTop = 0")
        press("PageDown")
        self.expect(settles(f"views[0].packet.scrollTop > {top}", True), True, "the packet scrolls")
        for opened in (".names summary", "#short summary"):
            self.to(opened)
            press("Enter")
            self.expect(evaluate("document.activeElement.parentElement.open"), True, f"Enter opens {opened}")
            press("Escape")
            self.expect(evaluate(f"[document.activeElement.matches('{opened}'), document.activeElement.parentElement.open]"),
                        [True, False], f"Escape closes {opened}, and the focus stays there")
        self.to("#together")
        press(" ")

    def the_changed_fields_are_marked(self):
        self.browser.evaluate("views[1].choose(firstChoice(views[1].run))")
        fields = self.browser.evaluate(
            "[...document.querySelectorAll('.run')[1].querySelectorAll('tr.changed')]"
            ".map(row => row.children[1].textContent)")
        self.expect(fields, REWRITTEN, "what the rewrite changed")
        self.browser.evaluate("views[1].choose(3); views[0].choose(3)")  # as it left TCP
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
        for width in (1600, 1024, 390):
            self.browser.size(width, 900)
            self.browser.evaluate("new Promise(done => requestAnimationFrame(done))")
            self.expect(self.browser.settles("views[0].ladder.geometry.width <= innerWidth", True), True,
                        f"in {width} pixels the ladder is laid out anew")
            accessible.check_both_themes(self, f"in {width} pixels")
        self.browser.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        accessible.check_both_themes(self, "with all that can be opened")

    def it_can_be_printed(self):
        self.browser.size(1400, 900)
        self.browser.media(media="print")
        opened = self.browser.evaluate("[...document.querySelectorAll('details')].map((one, i) => one.open = i === 0)")
        self.browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        self.expect(self.browser.evaluate(
            "views.every(v => v.section.querySelectorAll('.step').length === v.run.steps.length &&"
            " v.section.querySelectorAll('.event').length === v.run.events.length)"),
            True, "on paper all steps and events are there")
        self.expect(self.browser.evaluate(
            "(() => { const [a, b] = views.map(v => v.section.getBoundingClientRect());"
            " return a.bottom <= b.top && views.every(v => { const ladder = v.ladder.box.getBoundingClientRect();"
            " return ladder.bottom <= v.packet.getBoundingClientRect().top &&"
            " ladder.height >= v.ladder.places.height; }); })()"),
            True, "on paper one run stands below the other, and nothing on anything")
        self.expect(self.browser.evaluate(
            "getComputedStyle(document.getElementById('theme')).display"), "none", "the button on paper")
        self.expect(self.browser.evaluate("[...document.querySelectorAll('details')].every(one => one.open)"), True,
                    "on paper nothing is folded away")
        self.browser.evaluate("window.dispatchEvent(new Event('afterprint'))")
        self.expect(self.browser.evaluate("[...document.querySelectorAll('details')].map(one => one.open)"), opened,
                    "afterwards what was closed is so again")
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
        self.the_first_layout_fits(path)
        self.expect(self.browser.evaluate("views.length"), 2, "how many runs stand beside each other")
        self.take_pictures("two_runs")
        for check in (self.the_pair_is_by_instants, self.every_step_can_be_chosen,
                      self.the_panel_says_where_a_rule_decided, self.arrow_keys_belong_to_what_has_the_focus, self.home_and_end_scroll_to_their_step,
                      self.ladder_and_events_are_linked, self.sides_change, self.two_runs_step_together,
                      self.one_short_sentence_is_said, self.an_address_leads_to_a_step,
                      self.the_rule_that_decided_is_marked, self.names_are_explained,
                      self.search_finds_filters_and_folds, self.it_plays,
                      self.the_changed_fields_are_marked, self.tab_leads_to_all_and_what_it_leads_to_has_a_name, self.everything_is_done_by_keys,
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
            # In one go: the page draws again what is seen, when it is laid out.
            drawn = self.browser.evaluate("views[0].ladder.drawn = null; views[0].ladder.draw(true);"
                                          "document.querySelectorAll('.step').length")
            self.expect(drawn, self.browser.evaluate("data.runs[0].steps.length"), f"{path}: steps")
            self.expect(self.browser.evaluate(WRONG_PACKETS), [], f"{path}: packets whose meanings are not their bytes'")

    def many_events(self):
        """Only what is seen is drawn, and each event takes few bytes: both make a long run open fast."""
        script = self.folder / "many.lua"
        script.write_text(MANY)
        path = self.folder / "many.html"
        self.page("run", "--html", path, script)
        self.open(path)
        self.expect(self.browser.evaluate("data.runs[0].events.length > 20000"), True, "there are many events")
        self.expect(self.browser.evaluate("document.querySelectorAll('*').length < 1500"), True,
                    "few elements are there")
        self.expect(path.stat().st_size < 120 * self.browser.evaluate("data.runs[0].events.length"), True,
                    "the page is small")
        self.focus(".ladder-box")
        self.browser.press("End")
        self.expect(self.chosen()[0], self.browser.evaluate("data.runs[0].events.length - 1"), "the last of many")


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
            checks.many_events()
            print(f"{checks.count} checks")
            accessible.say()
    finally:
        chromium.close()


main()
