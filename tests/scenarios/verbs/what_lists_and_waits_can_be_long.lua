-- SPDX-License-Identifier: BSD-3-Clause
--
-- Verbs take lists of a thousand, return such lists, and wait a thousand times for nothing.

local MANY = 1000

local function many(make)
  local list = {}
  for i = 1, MANY do list[i] = make(i) end
  return list
end

test("patterns, packets, states and endpoints", function(box)
  box:filter("set intercept_loopback true;\npass out quick proto udp all keep state")
  local udp = box:udp(5000, "127.0.0.1")
  local sinks = many(function(i) return box:udp(6000 + i, "127.0.0.1") end)
  for i = 1, MANY do udp:sendto("x", "127.0.0.1", 6000 + i) end
  box:settle()
  expect.eq(#box:states(), MANY)
  expect.eq(#box:endpoints(), MANY + 1)
  box:expect_packets("lo0", many(function(i) return "127.0.0.1.5000 > 127.0.0.1." .. (6000 + i) .. " udp 1 bytes" end))
  for i = 1, MANY do udp:sendto("x", "127.0.0.1", 6000 + i) end
  box:settle()
  expect.eq(#box:packets("lo0"), MANY)
  expect.eq({ box:poll({ table.unpack(sinks, 1, 10) }) }, { sinks[1], "IN OUT" })
end)

test("sockets that are asked for and are not ready", function(box)
  local sinks = many(function(i) return box:udp(6000 + i) end)
  expect.eq({ box:poll(sinks, 0) }, { nil, "EAGAIN" })
  box:udp(5000):sendto("x", "127.0.0.1", 6000 + MANY)
  expect.eq({ box:poll(sinks) }, { sinks[MANY], "IN OUT" })
end)

test("names, tags and fragments", { tags = many(function(i) return "tag" .. i end) }, function(box)
  local names = {}
  for i = 1, MANY do names["n" .. i] = { "10.0.0.1", "127.0.0.1" } end
  box:hosts(names)
  box:listen(22)
  expect.ok(box:connect("n" .. MANY, 22))
  local fragments = 0
  box:hook("LOOPBACK_OUT", function(p) if #p.bytes == 28 then fragments = fragments + 1 end end)
  box:inject{ src = "127.0.0.1", dst = "127.0.0.1", proto = "udp", sport = 1, dport = 2, payload = "12345678",
              fragment = 8, order = many(function(i) return i % 2 + 1 end) }
  box:settle()
  expect.eq(fragments, MANY)
end)

-- Two processes wait at one socket: each thing that comes wakes both, and one finds nothing.
test("processes that wake for nothing", function(box)
  local got = { 0, 0 }
  local udp, listener = box:udp(5000), box:listen(22)
  local waits = box:udp(5001)
  for i = 1, 2 do
    box:spawn("udp" .. i, function()
      while true do
        udp:recv()
        got[i] = got[i] + 1
        udp:recv(1000)
        got[i] = got[i] + 1
      end
    end)
    box:spawn("accept" .. i, function()
      while true do
        listener:accept():close()
        listener:accept(1000):close()
      end
    end)
  end
  local nothing = { udp = 0, stream = 0 }
  box:spawn("never", function()
    waits:recv(5)
    nothing.udp = box:now()
  end)
  for _ = 1, MANY do
    udp:sendto("x", "127.0.0.1", 5000)
    box:connect("127.0.0.1", 22):close()
    box:settle()
  end
  expect.eq(got[1] + got[2], MANY)
  box:sleep(10)
  expect.eq(nothing.udp, 5)
end)

test("a reader that another is faster than", function(box)
  local listener, bytes = box:listen(22), 0
  local sock = box:connect("127.0.0.1", 22)
  local child = listener:accept()
  for i = 1, 2 do
    box:spawn("reader" .. i, function()
      while true do
        bytes = bytes + #child:recv(10)
        bytes = bytes + #child:recv(10, 1000)
      end
    end)
  end
  for _ = 1, MANY do
    sock:send("x")
    box:settle()
  end
  expect.eq(bytes, MANY)
end)

test("claims that are asked after everything", function(box)
  local asked = 0
  for i = 1, 10 do
    box:always("claim" .. i, function()
      asked = asked + 1
      return true
    end)
  end
  for _ = 1, MANY do box:sleep(0.001) end
  expect.ok(asked >= 10 * (MANY - 1))
end)

test("values that are compared", function()
  local function nest() return many(function(i) return { i, { i } } end) end
  expect.eq(nest(), nest())
  local other = nest()
  other[MANY][2][1] = 0
  expect.ne(nest(), other)
  for _ = 1, MANY do
    expect.match("abc", "b")
    expect.ne({ 1 }, { 2 })
  end
end)
