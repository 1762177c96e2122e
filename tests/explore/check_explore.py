#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""lo0sim explore, as a user runs it.

    check_explore.py command|gate|engines|sanitized PROGRAM [fast]     in the folder of scenarios/

command    what it finds and says, in tables
gate       all scenarios with one fault each: no crash, no leak, no invariant broken
engines    both ways to begin a run find the same, with one fault in all scenarios and with three in five; only one of
           them takes equal states for equal
sanitized  what sanitizers are to see: one fault in each scenario, and each block of memory
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

PART, PROGRAM = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
HERE = "scenarios/explore/"
FAST = sys.argv[3:] == ["fast"]  # runs go on from copies of the world, so states are compared
faults = []


def explore(*arguments, folder=None):
    done = subprocess.run([PROGRAM, "explore", *map(str, arguments)], capture_output=True, text=True,
                          cwd=folder, check=False)
    return done.returncode, done.stdout, done.stderr


def check(name, holds, *seen):
    if not holds:
        faults.append(name)
        print(f"FAILED: {name}")
        for text in seen:
            print(f"  {str(text)[:4000]}")


WHO_IS_FIRST = """
  local first
  for _, name in ipairs{ "a", "b" } do
    box:spawn(name, function()
      box:sleep(1)
      first = first or name
    end)
  end
  box:sleep(2)
  expect.eq(first, "a")"""

# The kind of bug that is planted in a script; the options; what is found, and with how many faults
# at most.
PLANTED = {
    "a wrong answer": ("""
  local hook = box:hook("LOOPBACK_IN", function(packet)
    if packet.flags == "S." then packet.ack = packet.ack + 1 end
  end)
  box:spawn("server", function() box:listen(22):accept() end)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, nil)""", [], "ETIMEDOUT", 0),
    "a wrong port, after a loss": ("""
  local syns = 0
  box:hook("LOOPBACK_OUT", function(packet)
    if packet.flags == "S" then
      syns = syns + 1
      if syns > 1 then packet.dport = 23 end
    end
  end)
  box:spawn("server", function() box:listen(22):accept() end)
  expect.ok(box:connect("127.0.0.1", 22))""", [], "drop packet 1", 1),
    "a client that gives up too early": ("""
  box:spawn("server", function() box:listen(22):accept() end)
  box:connect("127.0.0.1", 22)
  expect.le(box:now(), 8)""", ["--faults", "3"], "drop packet 1", 2),
    "data that is delivered twice": ("""
  local got = ""
  box:fusion(false)
  box:always("what arrives is what was sent", function() return #got <= 4 end)
  local udp = box:udp(53)
  box:spawn("server", function()
    while true do got = got .. (udp:recv() or "") end
  end)
  local client = box:udp()
  client:sendto("data", "127.0.0.1", 53)
  box:sleep(10)""", ["--kinds", "duplicate"], "duplicate packet 1", 1),
    "an order that matters": (WHO_IS_FIRST, ["--kinds", "order"], "order 1 first 2", 1),
    "an order that matters, where orders are free": (WHO_IS_FIRST, ["--orders"], "order 1 first 2", 1),
    "a script that does not expect a failure": ("""
  box:spawn("server", function() box:listen(22):accept() end)
  box:connect("127.0.0.1", 22):send("x")""", ["--kinds", "allocation"], "fail allocation", 1),
    "rules that nobody loads again": ("""
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:spawn("server", function() box:listen(22):accept() end)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")""", ["--kinds", "hooks"], "hooks off before packet 1", 1),
    "a server that nobody starts again": ("""
  box:spawn("sshd", function() box:listen(22):accept() end)
  expect.ok(box:connect("127.0.0.1", 22))""", ["--kinds", "process"], "kill sshd before packet 1", 1),
}


def check_planted(folder):
    """Each is found, has few faults, and is a scenario that fails alone."""
    for name, (body, options, found, most) in PLANTED.items():
        script, saved = folder / "planted.lua", folder / "saved.lua"
        script.write_text(f'test("planted", function(box){body}\nend)\n')
        code, out, err = explore(*options, "--save", saved, script)
        texts = re.findall(r"^  ((?:drop|duplicate|delay|hooks|kill|fail|order|corrupt) .*)", out, re.M)
        check(f"{name}: is found", code == 1 and found in out, code, out, err)
        check(f"{name}: in at most {most} faults", len(texts) <= most, texts)
        alone = subprocess.run([PROGRAM, "run", str(saved)], capture_output=True, text=True, check=False)
        check(f"{name}: fails alone", alone.returncode in (1, 2), alone.stdout)
        code, out, err = explore(*options, "--random", 400, "--faults", 3, script)
        texts = re.findall(r"^  ((?:drop|duplicate|delay|hooks|kill|fail|order|corrupt) .*)", out, re.M)
        check(f"{name}: is found by chance, and made short", code == 1 and len(texts) <= 2, out)


# Options, the exit code, and what is said.
SAID = [
    ([], 2, r"no file was given"),
    (["--faults", "9", "x.lua"], 2, r"--faults"),
    (["--kinds", "drip", "x.lua"], 2, r"there is no kind of fault 'drip'; did you mean 'drop'\?"),
    (["--kinds", ",", "x.lua"], 2, r"there is no kind of fault ''|is empty"),
    (["--places", "lo0", "x.lua"], 2, r"there is no place 'lo0'"),
    (["--shard", "3/2", "x.lua"], 2, r"--shard takes I/N"),
    (["nowhere.lua"], 2, r"nowhere\.lua"),
    (["--show", "9", HERE + "a_blocked_connect_ends.lua"], 2, r"there are 1 outcomes"),
    (["--show", "1", HERE + "data_is_never_wrong.lua"], 2, r"are for one test"),
    (["--merge", "README.md"], 2, r"README\.md is no file that --out wrote"),
    (["--faults", "0", HERE + "a_blocked_connect_ends.lua"], 0, r"complete: 1 schedule of at most 0 faults"),
    (["--faults", "2", "--show", "1", HERE + "a_blocked_connect_ends.lua"], 0, r"━ SYN ━"),
    (["--faults", "8", "--max-seconds", "1", HERE + "data_is_never_wrong.lua:data is never wrong [linux]"], 4,
     r"not complete, --max-seconds came first: .* are left, and all with more"),
    (["--faults", "8", "--max-memory", "1", HERE + "data_is_never_wrong.lua:data is never wrong [linux]"], 4,
     r"not complete, --max-memory came first"),
    (["--faults", "2", "--places", "LOOPBACK_OUT", HERE + "a_blocked_connect_ends.lua"], 0,
     r"complete: 41 schedules of at most 2 faults \(drop, duplicate, delay at LOOPBACK_OUT\)|complete: .* at LOOPBACK_OUT\)"),
]


def check_said():
    for options, code, pattern in SAID:
        got, out, err = explore(*options)
        check(f"{' '.join(options)}", got == code and re.search(pattern, out + err), got, out, err)


def check_same(folder):
    """Jobs, shards, checkpoints and a search that is broken off find what one process finds at once."""
    test = [HERE + "a_rewrite_ends_its_senders_endpoint_only.lua"]
    whole = explore("--faults", 2, "-j", 1, *test)[1]
    check("many processes find the same", explore("--faults", 2, "-j", 5, *test)[1] == whole)
    parts = [folder / f"{i}.part" for i in (1, 2, 3)]
    for i, part in enumerate(parts):
        explore("--faults", 2, "--shard", f"{i + 1}/3", "--out", part, *test)
    merged = explore("--merge", *parts)[1]
    check("shards find the same", merged.splitlines()[1:] == whole.splitlines()[1:], merged, whole)
    code, _, err = explore("--merge", *parts[:2])
    check("a shard is missed", code == 2 and "3 shards, and 2 files" in err, err)
    point = folder / "point"
    three = ["--faults", 3, HERE + "a_blocked_connect_ends.lua"]
    at_once = explore(*three)[1]
    explore("--checkpoint", point, *three)
    check("what is complete stays so", explore("--checkpoint", point, *three)[1] == at_once)
    whole = point.read_bytes()
    for at in range(0, len(whole), len(whole) // 20):
        point.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        code, _, err = explore("--checkpoint", point, *three)
        check(f"a checkpoint whose byte {at} is another is refused", code == 2 and "is no checkpoint" in err, err)
    point.write_bytes(whole)
    code, _, err = explore("--checkpoint", point, "--faults", 2, *three[2:])
    check("another exploration's checkpoint is refused", code == 2 and "another exploration" in err, err)


TWO_PROCESSES = """test("two processes", function(box)
  box:spawn("the server; it", function()
    local s = box:listen(22):accept()
    s:recv()
    s:send("ok")
    s:recv()
  end)
  box:spawn("client", function()
    local s = box:connect("127.0.0.1", 22)
    if s and s:send("hello") then s:recv() end
    if s then s:close() end -- the FIN is the packet of a socket that is gone
  end)
  box:sleep(300)
end)
"""


def check_processes(folder):
    """Each named process that is alive dies before each packet; a name with blanks is said in quotes."""
    script = folder / "two.lua"
    script.write_text(TWO_PROCESSES)
    options = ["--kinds", "process", "--faults", 2, script]
    both = explore(*options)
    check("processes: a process dies", both[0] == 0 and 'kill "the server; it" before packet 1 at LOOPBACK_OUT' in both[1]
          and "kill client before packet 1 at LOOPBACK_OUT" in both[1] and "kill main" not in both[1], *both)
    for more in (["--engine", "reload"], ["--no-prune"], ["-j", 3]):
        check(f"processes: the same with {more}", explore(*more, *options) == both, *both)
    parts = [folder / f"process{i}.part" for i in (1, 2)]
    for i, part in enumerate(parts):
        explore("--shard", f"{i + 1}/2", "--out", part, *options)
    merged = explore("--merge", *parts)[1]
    check("processes: shards find the same", merged.splitlines()[1:] == both[1].splitlines()[1:], merged, both[1])
    row = re.search(r'^ +(\d+)  .*for example|^ +(\d+)  .*kill "the', both[1], re.M).group(2)
    code, out, err = explore("--show", row, *options)
    check("processes: the example is drawn", code == 0 and "the server; it is killed" in out, out, err)
    for name, said in (("main", "'main'"), ('a "quote"', "no fault can name"), ("x" * 64, "63 bytes")):
        script.write_text(TWO_PROCESSES.replace('"client"', f"'{name}'"))
        code, out, err = explore("--kinds", "process", script)
        check(f"processes: a name that no fault can say: {name}", code in (1, 2) and said in out + err, code, out, err)


class Page(html.parser.HTMLParser):
    """The cells of a page's grid, the targets of its links, and what they are about."""

    def __init__(self):
        super().__init__()
        self.cells, self.links, self.ids, self.text, self.heads, self.in_head = [], set(), [], "", [], False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("class") == "cell":
            self.cells.append(attrs["title"])
        if tag == "a":
            self.links.add(attrs["href"][1:])
        if "id" in attrs:
            self.ids.append(attrs["id"])
        self.in_head = tag == "h2"

    def handle_data(self, data):
        self.text += data
        if self.in_head:
            self.heads.append(data)
            self.in_head = False


def check_html(folder):
    """A page has a cell for each single fault, and each opens the ladder of that fault's run."""
    for test, kinds in (("a_verdict_in_the_call_refuses.lua", "drop,duplicate,delay"), ("a_blocked_connect_ends.lua", "all")):
        file = folder / "x.html"
        code, out, err = explore("--html", file, "--keep-going", "--kinds", kinds, HERE + test)
        page = Page()
        page.feed(file.read_text())
        singles = sum(int(n.replace(",", "")) for n in re.findall(r"([0-9,]+) schedules of at most 1", out)) - 1
        check(f"{test}: the page's links lead somewhere", page.links <= set(page.ids), page.links)
        check(f"{test}: each place once", len(page.ids) == len(set(page.ids)), page.ids)
        check(f"{test}: its table is that of the terminal", "complete: " in page.text, page.text[:500])
        if kinds != "all":
            check(f"{test}: a cell for each fault", len(page.cells) == singles == len(set(page.cells)), out, err, page.cells)
        check(f"{test}: each has its ladder", set(page.cells) <= set(page.heads) and page.text.count("SYN") > len(page.cells),
              page.heads)
    code, _, err = explore("--html", folder / "no" / "x.html", HERE + test)
    check("a page that cannot be written", code == 2 and "x.html: No such file or directory" in err, code, err)


def check_long(folder):
    """What went wrong is said to its end, whatever it is; what is beyond all measure is cut with dots."""
    script = folder / "long.lua"
    for length, end in ((900, "the end"), (5000, "...")):
        script.write_text(f'test("long", function(box) error("{"ü" * (length // 2)}" .. "the end") end)\n')
        code, out, err = explore(script)
        line = next((line for line in out.splitlines() if line.startswith("error: ")), "")
        check(f"a message of {length} bytes", code == 1 and line.endswith(end) and line.count("ü") >= 450, line, out, err)


def check_command():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_planted(folder)
        check_said()
        check_processes(folder)
        check_same(folder)
        check_html(folder)
        check_long(folder)
        if FAST:
            check_pruned(folder)
            check_orders(folder)
    check_pruning()


# All of them with up to three faults, an order among them. Where all places are tried some are passed over, and what is
# passed over is not counted: so two have only one place.
PRUNED = [("data_is_never_wrong.lua:data is never wrong [linux]", ["--places", "LOOPBACK_OUT"]),
          ("delivery_is_not_nested.lua", ["--places", "LOOPBACK_OUT"]),
          ("a_reply_of_its_own_refuses.lua", []), ("a_blocked_connect_ends.lua", []),
          ("before_the_fix_nobody_answers.lua", [])]

# Tests, options, how many schedules there are, and by how many runs at most they are found. The runs differ between
# compilers, since the bytes between the members of a structure are compared, too.
ORDERS = [("a_rewrite_ends_its_senders_endpoint_only.lua", ["--faults", 0], 84, 84),
          ("a_stray_packet_ends_no_connection.lua", ["--faults", 0], 21, 21),
          ("data_is_not_answered_by_icmp.lua", ["--faults", 1], 822, 700),
          ("a_reply_of_its_own_refuses.lua", ["--faults", 2], 3661, 2600)]


def rows_of(out):
    """The outcomes' texts."""
    return {line[5:].split("  ")[0] for line in out.splitlines() if re.match(r"[ !] *\d+  ", line)}


def check_pruning():
    """What is left out by a rule changes no outcome and no count: five tests with at most three faults."""
    for test, places in PRUNED:
        both = [explore("--faults", 3, "--kinds", "drop,duplicate,delay,order", *places, *options, HERE + test)
                for options in ([], ["--no-prune"])]
        check(f"{test}: the same outcomes and counts unpruned", rows_of(both[0][1]) and both[0] == both[1], *both)


def check_orders(folder):
    """All orders are tried without counting as faults, and counted; those that commute are run once."""
    for test, options, schedules, runs in ORDERS:
        code, out, err = explore("--orders", "--keep-going", "--pruned", *options, HERE + test)
        said = re.search(r"\n([0-9,]+) schedules by ([0-9,]+) runs\n", out)
        check(f"{test}: all orders", code in (0, 1) and f"complete: {schedules:,} schedules" in out and "in every order" in out,
              out, err)
        check(f"{test}: few are run", said and int(said.group(2).replace(",", "")) <= runs, out)
    for test, options in (ORDERS[0][:2], ORDERS[2][:2]):
        options = ["--orders", "--keep-going", *options, HERE + test]
        whole = explore(*options)
        for more in (["-j", 1], ["-j", 3], ["--no-prune"], ["--engine", "reload"]):
            check(f"orders of {test}: the same with {more}", explore(*more, *options) == whole, whole)
    check_orders_in_parts(folder)
    script = folder / "orders.lua"
    script.write_text("""test("circle", function(box)
  local done = false
  box:spawn("a", function() while not done do box:sleep(0) end end)
  box:sleep(0)
  done = true
end)
""")
    code, out, err = explore("--orders", "--faults", 0, script)
    check("orders that never end are told", code == 4 and "cut: orders in which an event is never" in out, code, out, err)
    script.write_text("""test("long", function(box)
  local here, late = false, 0
  box:spawn("a", function()
    for i = 1, 30 do box:sleep(1) here = true end
  end)
  for i = 1, 30 do
    box:sleep(1)
    late = late + (here and 0 or 1)
    box:settle()
    here = false
  end
end)
""")
    code, out, err = explore("--orders", "--faults", 0, "--max-seconds", 60, script)
    check("a search of thirty quick rounds ends", code == 0 and f"complete: {2 ** 30:,} schedules" in out, code, out, err)
    script.write_text("""test("many", function(box)
  for i = 1, 20 do box:spawn("p" .. i, function() box:sleep(1) end) end
  box:sleep(2)
end)
""")
    code, out, err = explore("--orders", "--faults", 0, "--max-seconds", 1, script)
    check("more than can be told apart is said", code == 4 and "only the first 16 were tried" in out, code, out, err)


def check_orders_in_parts(folder):
    """Shards count what one search counts; what a checkpoint has is not done again."""
    test = ["--orders", "--faults", 1, HERE + "data_is_not_answered_by_icmp.lua"]
    whole = explore(*test)[1].splitlines()
    parts = [folder / f"orders{i}.part" for i in (1, 2)]
    for i, part in enumerate(parts):
        explore("--shard", f"{i + 1}/2", "--out", part, *test)
    merged = explore("--merge", *parts)[1].splitlines()
    check("orders: shards find the same", merged[1:] == whole[1:], merged, whole)
    point = folder / "orders.point"
    explore("--checkpoint", point, *test)
    again = explore("--checkpoint", point, *test)[1].splitlines()
    check("orders: what is complete stays so", again == whole, again, whole)


def check_pruned(folder):
    """It is said what was left out; counters that a test looks at are no bookkeeping."""
    test = HERE + "a_blocked_connect_is_refused.lua"
    options = ["--faults", 3, "--kinds", "drop,duplicate,delay,corrupt,order", "--pruned"]
    code, out, err = explore(*options, test)
    said = re.search(r"\n([0-9,]+) schedules by ([0-9,]+) runs\n  ([0-9,]+) came to a state", out)
    check("what is left out is said", code == 0 and said, out, err)
    ran, runs, equal = (int(n.replace(",", "")) for n in said.groups())
    check("fewer are run than are told of", equal > 0 and runs < ran / 3 and f"complete: {ran:,} schedules" in out, out)
    check("as many, whatever the number of processes",
          explore(*options, "-j", 3, test) == (code, out, err))
    _, out, _ = explore("--faults", 2, "--pruned", "--no-prune", test)
    check("nothing is left out", re.search(r"\n([0-9,]+) schedules by \1 runs\n  0 came", out), out)
    script = folder / "counters.lua"
    script.write_text("""test("counters", function(box)
  box:filter("block in on lo0 proto udp from any to any port = 53")
  local socket = box:udp()
  socket:sendto("x", "127.0.0.1", 53)
  box:sleep(5)
  expect.eq(box:counters().inbound.block, 1)
end)
""")
    code, out, err = explore("--invariants", "--pruned", script)
    check("a counter tells two states apart",
          "states were not compared" in out and any("expect.eq failed" in row for row in rows_of(out)) and
          rows_of(out) == rows_of(explore("--invariants", "--no-prune", script)[1]), code, out, err)


def check_gate():
    for kinds in ("drop,duplicate,delay,reorder,corrupt,hooks", "order"):
        code, out, err = explore("--invariants", "--kinds", kinds, "scenarios")
        check(f"one fault in each scenario: {kinds}", code == 0, out, err)
        print(out.strip())


def check_engines():
    scripts = sorted(pathlib.Path(HERE).glob("*.lua"))
    for script in scripts:
        both = [explore("--keep-going", "--kinds", "drop,delay,hooks,process,order", "--engine", engine, script)
                for engine in ("snapshot", "reload")]
        check(f"{script.name}: both engines", both[0] == both[1], *both)
    both = [explore("--keep-going", "--kinds", "drop,order", "--places", "LOOPBACK_OUT,PHYSICAL_OUT", "--engine", engine,
                    "scenarios") for engine in ("snapshot", "reload")]
    check("all scenarios: both engines, one fault", both[0] == both[1], *both)
    for script in scripts[:5]:
        both = [explore("--keep-going", "--faults", 3, "--kinds", "drop", "--engine", engine, script)
                for engine in ("snapshot", "reload")]
        check(f"{script.name}: both engines, three faults", both[0] == both[1], *both)


def check_sanitized():
    code, out, err = explore("--invariants", "--kinds", "drop,hooks", "--places", "LOOPBACK_OUT,PHYSICAL_OUT", "scenarios")
    check("one lost packet in each scenario", code == 0, out, err)
    for script in ("a_blocked_connect_is_refused.lua", "a_reply_of_its_own_refuses.lua"):
        code, out, err = explore("--invariants", "--engine", "reload", "--kinds", "allocation", HERE + script)
        check(f"{script}: each block of memory", code == 0, out, err)
    with tempfile.TemporaryDirectory() as name:
        script = pathlib.Path(name) / "two.lua"
        script.write_text(TWO_PROCESSES)
        code, out, err = explore("--engine", "reload", "--kinds", "process", script)
        check("a process dies as it closes a socket", code == 0 and "complete: 10 schedules" in out, out, err)
    code, out, err = explore("--faults", 2, "--kinds", "corrupt,order", HERE + "a_blocked_connect_ends.lua")
    check("two faults", code == 0, out, err)


{"command": check_command, "gate": check_gate, "engines": check_engines, "sanitized": check_sanitized}[PART]()
print(f"{PART}: {len(faults)} failed")
sys.exit(1 if faults else 0)
