# SPDX-License-Identifier: BSD-3-Clause
"""Whole runs of the program: data that is sent, and what is written of many events. Processor time, and the most
memory that a process had.

Used by script/bench.
"""
import pathlib
import subprocess
import tempfile

EVENTS_A_CONNECT = 16

EVENTS = """test('events', function(box)
  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')
  for i = 1, {count} do box:connect('127.0.0.1', 22) end
end)
"""

DATA = """test('data', function(box)
  box:fusion(false)
  box:filter('pass in on lo0 proto tcp from any to any port = 5000')
  local listener = box:listen(5000)
  box:spawn('server', function()
    local sock, got = listener:accept(), 0
    while got < {size} do got = got + #sock:recv(65536) end
  end)
  local sock, chunk = box:connect('127.0.0.1', 5000), ('x'):rep(65536)
  for i = 1, {size} // 65536 do sock:send(chunk) end
end)
"""

# A box' own limits are for tests that are wrong.
LIMITS = ("-j1", "--max-instant", "1000000000", "--max-instructions", "100000000000", "--max-output", "4096")

WRITTEN = (("nothing", ()), ("-v", ("-v",)), ("--jsonl", ("--jsonl", "events.jsonl")),
           ("--html", ("--html", "events.html")), ("-w", ("-w", "events.pcapng")))


def _run(build, options, script):
    """=> (processor seconds, MB, bytes that were written)."""
    build = build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "test.lua").write_text(script, encoding="utf-8")
        command = [build / "bench/bench_used", "used", build / "lo0sim", "run", *LIMITS, *options, "test.lua"]
        with open(path / "output", "wb") as output:
            done = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            text = (path / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"lo0sim run {' '.join(options)} ends with {done.returncode}: {text[-500:]}")
        seconds, kib = (path / "used").read_text(encoding="utf-8").split()
        size = sum(file.stat().st_size for file in path.iterdir() if file.name not in ("test.lua", "used"))
    return float(seconds), int(kib) / 1024, size


def written(build, events):
    """One row for each way to write `events` events: {written, events, s, mb, bytes}."""
    for name, options in WRITTEN:
        seconds, memory, size = _run(build, options, EVENTS.format(count=events // EVENTS_A_CONNECT))
        yield {"written": name, "events": events, "s": seconds, "mb": memory, "bytes": size}


def sent(build, size):
    """`size` bytes sent and received, not fused, past a rule, with nobody watching: {bytes, s, mb}."""
    seconds, memory, _ = _run(build, (), DATA.format(size=size))
    return {"bytes": size, "s": seconds, "mb": memory}
