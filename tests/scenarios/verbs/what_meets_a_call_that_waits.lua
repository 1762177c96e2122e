-- SPDX-License-Identifier: BSD-3-Clause
--
-- A call that waits while others act: its socket is closed, its peer goes, its time is over, and
-- what its process leaves behind.

local rules = "block in on lo0 proto tcp from any to any port = 22"

-- What waits on which socket, which another process closes one second later.
local closed = {
  connect = function(box)
    box:filter("set intercept_loopback true;\n" .. rules)
    local sock = box:socket("tcp")
    return sock, function() return sock:connect("127.0.0.1", 22) end
  end,
  ["connect, with a time"] = function(box)
    box:filter("set intercept_loopback true;\n" .. rules)
    local sock = box:socket("tcp")
    return sock, function() return sock:connect("127.0.0.1", 22, 20) end
  end,
  accept = function(box)
    local listener = box:listen(23)
    return listener, function() return listener:accept() end
  end,
  ["accept, with a time"] = function(box)
    local listener = box:listen(23)
    return listener, function() return listener:accept(20) end
  end,
  recv = function(box)
    box:listen(23)
    local sock = box:connect("127.0.0.1", 23)
    return sock, function() return sock:recv() end
  end,
  ["recv, with a time"] = function(box)
    box:listen(23)
    local sock = box:connect("127.0.0.1", 23)
    return sock, function() return sock:recv(10, 20) end
  end,
  send = function(box)
    box:listen(23)
    local sock = box:connect("127.0.0.1", 23)
    return sock, function() return sock:send(("x"):rep(1000000)) end
  end,
  ["send, with a time"] = function(box)
    box:listen(23)
    local sock = box:connect("127.0.0.1", 23)
    return sock, function() return sock:send(("x"):rep(1000000), 20) end
  end,
  ["udp recv"] = function(box)
    local udp = box:udp(53)
    return udp, function() return udp:recv() end
  end,
  ["udp recv, with a time"] = function(box)
    local udp = box:udp(53)
    return udp, function() return udp:recv(20) end
  end,
}
for name, begin in pairs(closed) do
  test(name .. ": its socket is closed meanwhile", function(box)
    local sock, wait = begin(box)
    box:spawn("other", function()
      box:sleep(1)
      sock:close()
    end)
    local result, errno = wait()
    expect.eq({ result, errno, box:now() }, { nil, "EBADF", 1 })
    expect.eq(errno, "EBADF")
  end)
end

-- SO_LINGER: close waits for the last ACK, 4 seconds at most.
local function lingering(box)
  local listener = box:listen(23)
  local sock = box:connect("127.0.0.1", 23)
  sock:set({ linger = 4 })
  return sock, listener:accept()
end

test("close returns when all is acknowledged", function(box)
  local sock = lingering(box)
  sock:send("data")
  sock:close()
  expect.eq(box:now(), 0)
end)

-- The ACK of a FIN comes a round trip later, whatever else has been acknowledged by then.
for _, row in ipairs({
  { "with nothing before the FIN", wait = 1 },
  { "with data just before the FIN", data = "data" },
  { "the peer has closed before", closes = 0, wait = 1 },
  { "both close at once", closes = 1, wait = 0.9999 },
}) do
  test("close over a wire: " .. row[1], { eras = { "post", "linux" } }, function(box)
    local host = box:remote("192.168.1.20")
    box:spawn("server", function()
      local sock = host:listen(23):accept()
      box:sleep(row.closes or 60)
      sock:close()
    end)
    local sock = box:connect("192.168.1.20", 23)
    sock:set({ linger = 4 })
    box:sleep(row.wait or 0)
    if row.data then
      sock:send(row.data)
    end
    local began = box:now()
    sock:close()
    expect.lt(box:now() - began, 0.001)
  end)
end

test("close returns when its time is over", function(box)
  local sock = lingering(box)
  box:fault({ "drop", packet = "FIN" })
  sock:close()
  expect.eq(box:now(), 4)
  expect.eq(select(2, sock:send("x")), "EBADF")
end)

test("close returns when another has closed the socket", function(box)
  local sock = lingering(box)
  box:fault({ "drop", packet = "FIN" })
  box:spawn("other", function()
    box:sleep(1)
    sock:abort()
  end)
  sock:close()
  expect.eq(box:now(), 1)
end)

test("close does not wait if data was not read, and resets", function(box)
  local sock, peer = lingering(box)
  box:fault({ "drop", packet = "FIN" })
  peer:send("unread")
  box:settle()
  sock:close()
  expect.eq(box:now(), 0)
  box:settle()
  expect.eq(select(2, peer:recv()), "ECONNRESET")
end)

test("close of 0 seconds resets", function(box)
  local sock, peer = lingering(box)
  sock:set({ linger = 0 })
  sock:close()
  expect.eq(box:now(), 0)
  expect.eq(select(2, peer:recv()), "ECONNRESET")
end)

-- Rows: the addresses of a name; how the connect ends.
local named = {
  { { "127.0.0.1", "10.1.1.1" }, "ENETUNREACH" },
  { { "10.1.1.1", "127.0.0.1" }, "ECONNREFUSED" },
  { { "127.0.0.1" }, "ECONNREFUSED" },
  { { "10.1.1.1", "10.1.1.2" }, "ENETUNREACH" },
}
for i, row in ipairs(named) do
  test("the last address of a name decides how a connect ends " .. i, function(box)
    box:hosts({ name = row[1] })
    local sock, errno = box:connect("name", 22)
    expect.eq(sock, nil)
    expect.eq(errno, row[2])
  end)
end

test("a name's second address is connected to, at its own port", function(box)
  box:hosts({ name = { "10.1.1.1", "::1", "127.0.0.1" } })
  local listener = box:listen(22, "127.0.0.1")
  local sock = expect.ok(box:connect("name", 22))
  local peer = listener:accept()
  expect.ok(peer)
end)

test("a backlog is the default's without one, and at most an int", function(box)
  expect.ok(box:listen(30, nil, {}))
  local sock = box:socket("tcp")
  sock:bind("127.0.0.1", 31)
  expect.eq(sock:listen(2147483647), true)
  expect.eq(sock:listen(-2147483648), true)
  expect.error(function() sock:listen(2147483648) end, "a backlog is an int")
  expect.error(function() sock:listen(-2147483649) end, "a backlog is an int")
end)

test("an error that a process meets after a wait is caught", function(box)
  local text = expect.error(function()
    box:sleep(1)
    error("late")
  end, "late$")
  expect.match(text, "late")
  expect.error(function()
    expect.error(function() box:sleep(1) end)
  end, "expected  an error")
  expect.error(function()
    expect.error(function() end)
  end, "expected  an error")
  local ok, a, b = pcall(function()
    box:sleep(1)
    return 1, 2
  end)
  expect.eq({ ok, a, b }, { true, 1, 2 })
  expect.eq(box:now(), 3)
end)

-- Echo requests of two processes at once, of which each takes its own reply; errors of others are
-- not its own.
test("a ping takes its own reply and its own error", function(box)
  local took = {}
  local first = box:spawn("first", function()
    took[1] = { box:ping("127.0.0.1") }
  end)
  local second = box:spawn("second", function()
    took[2] = { box:ping("10.1.1.1") }
  end)
  local third = box:spawn("third", function()
    took[3] = { box:ping("::1", { size = 0 }) }
  end)
  first:join()
  second:join()
  third:join()
  expect.eq(took, { { 0 }, { nil, "ENETUNREACH" }, { 0 } })
  expect.eq(took[2][2], "ENETUNREACH")
end)

-- Rows: what a rule answers a ping with, and the errno.
local unreachable = {
  { "return-icmp(net-unr)", "ENETUNREACH" },
  { "return-icmp(host-unr)", "EHOSTUNREACH" },
  { "return-icmp(port-unr)", "ECONNREFUSED" },
  { "return-icmp(filter-prohib)", "EHOSTUNREACH" },
}
for _, row in ipairs(unreachable) do
  test("a ping that is answered by " .. row[1], function(box)
    box:filter("set intercept_loopback true;\nblock " .. row[1] .. " in on lo0 proto icmp all icmp-type echo")
    for _, size in ipairs({ 0, 1, 56 }) do
      local time, errno = box:ping("127.0.0.1", { size = size })
      expect.eq(time, nil)
      expect.eq(errno, row[2])
    end
    expect.eq(box:now(), 0)
  end)
end

test("two pings at once, one of them refused", function(box)
  box:filter("set intercept_loopback true;\n"
    .. "block return-icmp(port-unr) in on lo0 proto icmp from any to 127.0.0.2 icmp-type echo")
  local errno
  local refused = box:spawn("refused", function()
    errno = select(2, box:ping("127.0.0.2", { timeout = 1 }))
  end)
  expect.eq(box:ping("127.0.0.1", { timeout = 1 }), 0)
  refused:join()
  expect.ok(errno)
end)

test("a ping that nobody answers ends at its time", function(box)
  box:filter("set intercept_loopback true;\nblock in on lo0 proto icmp all")
  local time, errno = box:ping("127.0.0.1", { timeout = 3 })
  expect.eq({ time, errno, box:now() }, { nil, "ETIMEDOUT", 3 })
  expect.eq(errno, "ETIMEDOUT")
end)

-- What an ICMP message says while an echo request waits for its reply: its type and code, what it
-- quotes of the request, and what the ping then returns. An errno, true for a time, or nil for
-- nothing that ends it.
local function id_at(packet, header)
  return packet:sub(header + 5, header + 6)
end
local told = {
  { "the whole request", 3, 1, function(p) return p end, "EHOSTUNREACH" },
  { "its header and 8 bytes", 3, 1, function(p, h) return p:sub(1, h + 8) end, "EHOSTUNREACH" },
  { "its header and 7 bytes", 3, 1, function(p, h) return p:sub(1, h + 7) end },
  { "its first byte", 3, 1, function(p) return p:sub(1, 1) end },
  { "nothing", 3, 1, function() return "" end },
  { "another's request", 3, 1, function(p, h) return p:sub(1, h + 4) .. "\xff\xfe" .. p:sub(h + 7) end },
  { "a header that is too short", 3, 1, function(p, h) return "\x44" .. p:sub(2, h) .. id_at(p, h) .. p:sub(h + 3) end, nil, true },
  { "a longer header", 3, 1, function(p, h) return "\x46" .. p:sub(2, h) .. "opts" .. p:sub(h + 1) end, "EHOSTUNREACH", true },
  { "the request, after its time", 11, 0, function(p) return p end },
  { "its reply", 0, 0, function(p, h) return p:sub(h + 9) end, nil },
}
for _, row in ipairs(told) do
  for _, address in ipairs({ "127.0.0.1", "::1" }) do
    local v4 = address == "127.0.0.1"
    local types = { [3] = { 3, 1 }, [11] = { 11, 3 }, [0] = { 0, 129 } }
    if v4 or not row[6] then
      test("a ping to " .. address .. " that is told of " .. row[1], function(box)
        box:filter("set intercept_loopback true;\nblock in on lo0 proto " .. (v4 and "icmp" or "ipv6-icmp")
          .. " all icmp-type " .. (v4 and "echo" or "128"))
        local answer
        local pinger = box:spawn("pinger", function() answer = { box:ping(address, { timeout = 3 }) } end)
        box:settle()
        local request = box:packets("LOOPBACK_OUT:before")[1].bytes
        box:inject({ proto = "icmp", src = address, dst = address, type = types[row[2]][v4 and 1 or 2],
          code = v4 and row[3] or 0, payload = row[4](request, v4 and 20 or 40) })
        pinger:join()
        expect.eq(answer[1], nil)
        expect.eq(answer[2], row[5] or "ETIMEDOUT")
        expect.eq(box:now(), row[5] and 0 or 3)
      end)
    end
  end
end
