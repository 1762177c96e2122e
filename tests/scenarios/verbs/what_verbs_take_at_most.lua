-- SPDX-License-Identifier: BSD-3-Clause
--
-- The least and the most that each verb takes: each row is a call at the edge, and one beyond it
-- that is refused (what it says is in what_each_verb_refuses.lua).

local function at_edges(rows)
  for i, row in ipairs(rows) do
    local ok, message = pcall(row[1])
    expect.ok(ok, "row " .. i .. ": " .. tostring(message))
    if row[2] then
      expect.eq(pcall(row[2]), false, "row " .. i)
    end
  end
end

-- A function that calls f with one more argument.
local function with(f)
  return function(...)
    local given = table.pack(...)
    return function() return f(table.unpack(given, 1, given.n)) end
  end
end

test("names, notes and times", function(box)
  local x = function(count) return ("x"):rep(count) end
  local spawn = with(function(name) box:spawn(name, function() end) end)
  local always = with(function(name) box:always(name, function() return true end) end)
  local note = with(function(text) box:note(text) end)
  local hook = with(function(name) box:hook("LOOPBACK_IN", function() end, { name = name }) end)
  local sleeper = with(function(s) box:spawn("sleeper", function() box:sleep(s) end) end)
  at_edges({
    { spawn(x(200)), spawn(x(201)) },
    { spawn(""), spawn("\0") },
    { always(x(200)), always(x(201)) },
    { note(x(900)), note(x(901)) },
    { note(""), note("\n") },
    { note(" ~\127"), note("\31") },
    { hook(x(60)), hook(x(61)) },
    { sleeper(1e9), nil },
    { with(box.sleep)(box, 0), with(box.sleep)(box, -1e-9) },
    { with(box.sleep)(box, 0), with(box.sleep)(box, 1e9 + 1) },
  })
  expect.eq(box:now(), 0)
end)

test("ports, backlogs and waits", function(box)
  local udp, listener = box:udp(5353), box:listen(22)
  local sock = box:connect("127.0.0.1", 22)
  local listen = with(function(port, backlog) box:listen(port, nil, { backlog = backlog }):close() end)
  local connect = with(function(port) box:connect("127.0.0.1", port) end)
  local from = with(function(port) box:connect("127.0.0.1", 21, { port = port }) end)
  local accept = with(function(s) listener:accept(s) end)
  local timeout = with(function(s) box:connect("127.0.0.1", 21, { timeout = s }) end)
  at_edges({
    { listen(1), listen(0) },
    { listen(65535), listen(65536) },
    { listen(23, 0), listen(23, -1) },
    { listen(23, 4096), listen(23, 4097) },
    { listen(23, 5.0), listen(23, 5.5) },
    { listen("telnet"), listen("nosuch") },
    { connect(1), connect(0) },
    { connect(65535), connect(65536) },
    { connect("65535"), connect("65536") },
    { connect(65535.0), connect(65535.5) },
    { from(1), from(0) },
    { from(65535), from(65536) },
    { accept(0), accept(-0.5) },
    { timeout(0), timeout(-0.5) },
    { timeout(1e9), timeout(1e9 + 1) },
    { with(sock.recv)(sock, 1, 0), with(sock.recv)(sock, 0, 0) },
    { with(sock.recv)(sock, 65536, 0), with(sock.recv)(sock, 65537, 0) },
    { with(sock.peek)(sock, 1), with(sock.peek)(sock, 0) },
    { with(sock.peek)(sock, 65536), with(sock.peek)(sock, 65537) },
    { with(udp.recv)(udp, 0), with(udp.recv)(udp, -0.5) },
  })
end)

test("options of sockets", function(box)
  -- Rows: the option, the least, what is too little, the most, what is too much.
  local rows = {
    { "linger", 0, -0.001 },
    { "linger", false, true },
    { "rcvbuf", 1, 0, 2147483647, 2147483648 },
    { "sndbuf", 1, 0, 2147483647, 2147483648 },
    { "rcvtimeo", 0, -0.001, 1e9, 1e9 + 1 },
    { "sndtimeo", 0, -0.001, 1e9, 1e9 + 1 },
    { "keepcnt", 1, 0, 127, 128 },
    { "user_timeout", 0, -0.001 },
  }
  for i, row in ipairs(rows) do
    local sock = box:socket("tcp")
    local set = with(function(value) expect.ok(sock:set({ [row[1]] = value })) end)
    at_edges({ { set(row[2]), set(row[3]) } })
    expect.eq(sock:get(row[1]), row[2], row[1])
    if row[4] then
      at_edges({ { set(row[4]), set(row[5]) } })
      expect.eq(sock:get(row[1]), row[4], row[1])
    end
  end
end)

test("options that a socket does not have, and the first that is wrong", function(box)
  local udp = box:udp(53)
  for _, name in ipairs({ "linger", "nodelay", "keepalive", "keepidle", "keepintvl", "keepcnt", "user_timeout" }) do
    local is, errno = udp:get(name)
    expect.eq({ name, is, errno }, { name, is, is == nil and "ENOPROTOOPT" or errno })
  end
  expect.eq({ udp:get("nodelay") }, { nil, "ENOPROTOOPT" })
  expect.eq({ udp:set({ nodelay = true }) }, { nil, "ENOPROTOOPT" })
  expect.eq({ udp:set({ nodelay = true, rcvtimeo = 3 }) }, { nil, "ENOPROTOOPT" })
  expect.eq(udp:get("rcvtimeo"), 0) -- what comes after it is not set
end)

test("pings, wires, names, eras and random numbers", function(box)
  local ping = with(function(options) box:ping("127.0.0.1", options) end)
  local rand = with(function(low, high) return box:rand(low, high) end)
  local era = with(function(retries, linear) box:era("linux", { syn_retries = retries, syn_linear = linear }) end)
  local hosts = with(function(count)
    local list = {}
    for i = 1, count do list[i] = "10.0.0." .. i end
    box:hosts({ name = list })
  end)
  at_edges({
    { ping({ size = 0 }), ping({ size = -1 }) },
    { ping({ size = 60000 }), ping({ size = 60001 }) },
    { ping({ timeout = 0 }), ping({ timeout = -1 }) },
    { ping({ timeout = 86400 }), ping({ timeout = 86401 }) },
    { rand(0, 4294967295), rand(0, 4294967296) },
    { rand(-1, 4294967294), rand(-1, 4294967295) },
    { rand(7, 7), rand(7, 6) },
    { era(0, 0), era(-1, 0) },
    { era(15, 15), era(16, 15) },
    { era(15, 15), era(15, 16) },
    { era(15, 0), era(15, -1) },
    { hosts(16), hosts(17) },
    { hosts(1), hosts(0) },
  })
  expect.eq(box:rand(7, 7), 7)
  local seen = {}
  for _ = 1, 200 do
    seen[box:rand(-1, 1)] = true
  end
  expect.eq(seen, { [-1] = true, [0] = true, [1] = true })
  for _ = 1, 100 do
    local any = box:rand()
    expect.ok(any >= 0 and any <= 4294967295)
  end
end)

-- Rows: the options of the first remote host; how long a ping of no data takes there.
local wires = {
  { { latency = 0 }, 0.000002 }, { { latency = 3600 }, 7200.000002 }, { { latency = 0.25 }, 0.500002 },
  { { latency = 0, rate = 0 }, 0 }, { { latency = 0, rate = 1e12 }, 0 },
}
for i, row in ipairs(wires) do
  test("a wire " .. i, function(box)
    local remote = box:remote("192.168.1.20", row[1])
    expect.eq(box:ping("192.168.1.20", { size = 0, timeout = 86400 }), row[2])
    expect.eq(box:ping("192.168.1.5", { size = 0 }), 0)
    expect.eq(remote:ping("192.168.1.5", { size = 0, timeout = 86400 }), row[2])
  end)
end
for i, options in ipairs({ { latency = -0.001 }, { latency = 3600.001 }, { rate = -1 }, { rate = 1e12 + 1000 } }) do
  test("no wire " .. i, function(box)
    expect.error(function() box:remote("192.168.1.20", options) end, "is a number from 0 to")
  end)
end

test("expectations at their edges", function()
  local fails = function(verb, ...)
    local given = table.pack(...)
    expect.error(function() expect[verb](table.unpack(given, 1, given.n)) end, "expect." .. verb .. " failed")
  end
  expect.eq(1, 1.0000004)
  fails("eq", 1, 1.0000006)
  expect.eq(8.9e12, 8.9e12 + 0.0000001)
  expect.eq(9.1e12, 9.1e12)
  fails("eq", 9.1e12, 9.1e12 + 1)
  fails("eq", 8.9e12, 9.1e12)
  fails("eq", 1 << 60, (1 << 60) + 1)
  expect.lt(1, 1.000001)
  fails("lt", 1, 1)
  fails("lt", 1, 1.0000004)
  fails("lt", 2, 1)
  expect.le(1, 1)
  expect.le(1.0000004, 1)
  fails("le", 1.000001, 1)
  expect.near(1, 2, 1)
  expect.near(2, 1, 1)
  expect.near(1, 2.0000004, 1)
  fails("near", 1, 2.000001, 1)
  expect.near(5, 5, 0)
  fails("near", 5, 5.000001, 0)
  expect.near(0, 4.9e-7, 0)
  fails("near", 0, 5e-7, 0)
  expect.eq({ 1, { 2 } }, { 1, { 2 } })
  fails("eq", { 1 }, { 1, 2 })
  fails("eq", { 1, 2 }, { 1 })
  fails("eq", { a = 1 }, { b = 1 })
  fails("eq", { a = 1 }, { a = true })
  fails("eq", {}, "x")
end)

test("how much of a value is shown", function()
  -- Rows: a value, and how it is shown.
  local x = function(count) return ("x"):rep(count) end
  local rows = {
    { x(198), '"' .. x(198) .. '"' }, { x(199), '"' .. x(199) .. "..." }, { x(200), '"' .. x(199) .. "..." },
    { { { { { 1 } } } }, "{ { { { 1 } } } }" }, { { { { { {} } } } }, "{ { { { { ... } } } } }" },
    { { "\31\32" }, '{ "\\x1F " }' }, { { "~\127\128" }, '{ "~\\x7F' .. "\128" .. '" }' }, { { [1] = 1, [3] = 3 }, "{ 1, [3] = 3 }" },
    { { [0] = 0, 1 }, "{ [0] = 0, 1 }" }, { { [2] = 2 }, "{ [2] = 2 }" },
    { { [1.5] = 1 }, "{ [1.5] = 1 }" }, { { a1 = 1, _ = 2, ["1a"] = 3, ["a-b"] = 4 }, '{ ["1a"] = 3, _ = 2, ["a-b"] = 4, a1 = 1 }' },
  }
  for i, row in ipairs(rows) do
    local ok, message = pcall(expect.eq, row[1], 0)
    local shown = tostring(message):match("\n  actual    (.*)$")
    expect.ok(shown == row[2] or tostring(message):find(row[2], 1, true), i .. ": " .. tostring(shown))
  end
end)

-- Rows: a call, and which of its arguments is wrong, counted after the colon.
test("a wrong argument is told by its number", function(box)
  local tcp, udp, listener = box:socket("tcp"), box:udp(53), box:listen(22)
  local rows = {
    { function() tcp:peek(0) end, "#1 to 'peek'" },
    { function() udp:peek(0) end, "#1 to 'peek'" },
    { function() tcp:recv(0) end, "#1 to 'recv'" },
    { function() tcp:recv(1, -1) end, "#2 to 'recv'" },
    { function() udp:recv(-1) end, "#1 to 'recv'" },
    { function() tcp:listen(1 << 31) end, "#1 to 'listen'" },
    { function() listener:accept(-1) end, "#1 to 'accept'" },
    { function() tcp:accept(-1) end, "#1 to 'accept'" },
    { function() tcp:send("x", -1) end, "#2 to 'send'" },
    { function() tcp:connect("x", 1) end, "#1 to 'connect'" },
    { function() tcp:connect("::1", 0) end, "#2 to 'connect'" },
    { function() tcp:connect("::1", 1, -1) end, "#3 to 'connect'" },
    { function() tcp:bind("x") end, "#1 to 'bind'" },
    { function() tcp:bind("::1", 0) end, "#2 to 'bind'" },
    { function() udp:connect("x", 1) end, "#1 to 'connect'" },
    { function() udp:connect("::1", 0) end, "#2 to 'connect'" },
    { function() udp:sendto("x", "x", 1) end, "#2 to 'sendto'" },
    { function() udp:sendto("x", "::1", 0) end, "#3 to 'sendto'" },
    { function() box:connect("x", 1) end, "#1 to 'connect'" },
    { function() box:connect("::1", 0) end, "#2 to 'connect'" },
    { function() box:listen(0) end, "#1 to 'listen'" },
    { function() box:listen(1, "x") end, "#2 to 'listen'" },
    { function() box:udp(0) end, "#1 to 'udp'" },
    { function() box:udp(1, "x") end, "#2 to 'udp'" },
    { function() box:ping("x") end, "#1 to 'ping'" },
    { function() box:remote("x") end, "#1 to 'remote'" },
    { function() box:sleep(-1) end, "#1 to 'sleep'" },
    { function() box:poll({}, -1) end, "#2 to 'poll'" },
    { function() box:rand(2, 1) end, "#2 to 'rand'" },
    { function() box:note(("x"):rep(901)) end, "#1 to 'note'" },
    { function() box:note("a\nb") end, "#1 to 'note'" },
    { function() box:note("a\tb") end, "#1 to 'note'" },
    { function() box:filter({ file = 5 }) end, "#1 to 'filter'" },
    { function() expect.near(1, 2, -1) end, "#3 to 'near'" },
    { function() math.random(2, 1) end, "#2 to 'random'" },
    { function() math.random(0) end, "#1 to 'random'" },
  }
  for i, row in ipairs(rows) do
    local ok, message = pcall(row[1])
    expect.eq(ok, false, "row " .. i)
    expect.ok(message:find("bad argument " .. row[2] .. " (", 1, true), "row " .. i .. ": " .. message)
  end
end)

test("an option of an era that is left out is as Linux has it", function(box)
  box:filter("block in quick on lo0 proto tcp from any to any port = 99")
  for _, options in ipairs({ {}, { syn_retries = 6 }, { syn_linear = 4 }, { syn_retries = 6, syn_linear = 4 } }) do
    box:era("linux", options)
    local from = box:now()
    expect.eq(select(2, box:connect("127.0.0.1", 99)), "ETIMEDOUT")
    expect.eq(box:now() - from, 131)
  end
end)
