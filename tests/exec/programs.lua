-- SPDX-License-Identifier: BSD-3-Clause
-- Real programs in scenarios: run by check_exec.py, with --allow-exec.

local PYTHON = "/usr/bin/python3"
local CLIENT = [[
import socket, sys
try:
    peer = socket.create_connection(("127.0.0.1", 8080), timeout=60)
    peer.sendall(b"request")
    count = 0
    while data := peer.recv(10000):
        count += len(data)
    print("end", count)
except OSError as error:
    print(error.errno or error, file=sys.stderr)
    sys.exit(9)
]]

local function serve(box, answer)
  box:spawn("server", function()
    local peer = box:listen(8080):accept()
    expect.eq(peer:recv(), "request")
    answer(peer)
  end)
end

test("a program is served by a script", function(box)
  serve(box, function(peer)
    peer:send("half")
    box:sleep(2)
    peer:send("half")
    peer:close()
  end)
  local code, out, err = box:exec{ PYTHON, "-c", CLIENT }:wait()
  expect.eq({ code, out, err }, { 0, "end 8\n", "" })
  expect.eq(box:now(), 2.0)
end)

test("a program meets a server that says nothing", function(box)
  serve(box, function() box:sleep(100) end)
  local code, out, err = box:exec{ PYTHON, "-c", CLIENT }:wait()
  expect.eq({ code, out, err }, { 9, "", "timed out\n" })
  expect.eq(box:now(), 60.0)
end)

test("a program meets a server that resets", function(box)
  serve(box, function(peer)
    peer:set({ linger = 0 })
    peer:close()
  end)
  local code, _, err = box:exec{ PYTHON, "-c", CLIENT }:wait()
  expect.eq({ code, err }, { 9, "104\n" })
end)

test("its packets are the box'", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 8080")
  local code, _, err = box:exec{ PYTHON, "-c", CLIENT }:wait()
  expect.eq({ code, err }, { 9, "111\n" })
  box:expect_packets("lo0", { "127.0.0.1.8080 > 127.0.0.1.* R." })
end)

test("hooks see its packets", function(box)
  local seen = 0
  box:hook("LOOPBACK_IN", function() seen = seen + 1 return "eat" end)
  local code, _, err = box:exec{ PYTHON, "-c", CLIENT }:wait()
  expect.eq({ code, err, seen }, { 9, "110\n", 4 })
end)

test("a script is served by a program", function(box)
  local server = box:exec{ PYTHON, "-m", "http.server", "-b", "127.0.0.1", "8000" }
  box:sleep(1)
  local sock = box:connect("127.0.0.1", 8000)
  sock:send("GET /none HTTP/1.0\r\n\r\n")
  expect.ok(sock:recv():find("404"))
  server:kill("INT")
  expect.eq((server:wait()), 0)
end)

test("a program calls a remote host", function(box)
  local far = box:remote("192.168.1.20", { latency = 0.5, rate = 0 })
  box:spawn("far", function() far:listen(7):accept():send("far") end)
  local began = box:now()
  local code, out = box:exec{ PYTHON, "-c",
    "import socket; print(socket.create_connection(('192.168.1.20', 7)).recv(9))" }:wait()
  expect.eq({ code, out }, { 0, "b'far'\n" })
  expect.near(box:now() - began, 1.5, 0.6)
end)

test("two programs and a script's process share the box", function(box)
  local server = box:exec{ PYTHON, "-c", [[
import socket
listener = socket.create_server(("127.0.0.1", 9000))
for _ in range(2):
    peer, _ = listener.accept()
    peer.sendall(peer.recv(10).upper())
    peer.close()
]] }
  box:settle()
  local client = box:exec{ PYTHON, "-c", [[
import socket, time
time.sleep(5)
peer = socket.create_connection(("127.0.0.1", 9000))
peer.sendall(b"program")
print(peer.recv(10).decode())
]] }
  box:sleep(1)
  local sock = box:connect("127.0.0.1", 9000)
  sock:send("script")
  expect.eq(sock:recv(), "SCRIPT")
  expect.eq(box:now(), 1.0)
  local _, out = client:wait()
  expect.eq(out, "PROGRAM\n")
  expect.eq((server:wait()), 0)
  expect.eq(box:now(), 5.0)
end)

test("what it reads, its variables, its folder, its end", function(box)
  local code, out, err = box:exec{ "sh", "-c", "cat; echo $WHO; pwd; echo no >&2; kill -9 $$",
    stdin = "input\n", env = { WHO = "me" }, cwd = "/" }:wait()
  expect.eq({ code, out, err }, { 137, "input\nme\n/\n", "no\n" })
end)

test("a wait with a time", function(box)
  local sleeper = box:exec{ "sleep", "100" }
  local none, err = sleeper:wait(3)
  expect.eq({ none, err, box:now() }, { nil, "EAGAIN", 3.0 })
  expect.eq((sleeper:wait()), 0)
  expect.eq(box:now(), 100.0)
end)

test("what is still running ends with the test", function(box)
  box:exec{ "sh", "-c", "sleep 5000 & sleep 5000" }
end)

test("a mistake is a script's error", function(box)
  expect.error(function() box:exec{ "no-such-program" } end, "no%-such%-program: cannot be run: No such file")
  expect.error(function() box:exec{} end, "takes a command")
  expect.error(function() box:exec{ "true", evn = {} } end, "did you mean 'env'")
  expect.error(function() box:exec{ "true", env = { 1 } } end, "'env' is a table")
  expect.error(function() box:exec{ "true", stdin = 1 } end, "'stdin' is what")
  expect.error(function() box:exec{ "true", cwd = "nowhere" } end, "nowhere: No such file")
  expect.error(function() box:exec{ "tr\0ue" } end, "byte 0")
  expect.error(function() box:exec{ "true" }:kill("NO") end, "no signal 'NO'")
end)
