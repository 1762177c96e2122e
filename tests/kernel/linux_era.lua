-- SPDX-License-Identifier: BSD-3-Clause
--
-- What the comparison with a real kernel has put right in the era `linux`, and what it cannot ask.

local ERAS = { eras = { "linux" } }

local CODES = {
  ["port-unr"] = { "ECONNREFUSED", "ECONNREFUSED" },
  ["proto-unr"] = { "ENOPROTOOPT", "ENOPROTOOPT" },
  ["net-unr"] = { "ENETUNREACH", "EAGAIN" },
  ["host-unr"] = { "EHOSTUNREACH", "EAGAIN" },
  ["net-unk"] = { "ENETUNREACH", "ENETUNREACH" },
  ["host-unk"] = { "EHOSTDOWN", "EHOSTDOWN" },
  ["isolate"] = { "ENONET", "ENONET" },
  ["net-prohib"] = { "ENETUNREACH", "ENETUNREACH" },
  ["host-prohib"] = { "EHOSTUNREACH", "EHOSTUNREACH" },
  ["net-tos"] = { "ENETUNREACH", "EAGAIN" },
  ["host-tos"] = { "EHOSTUNREACH", "EAGAIN" },
  ["filter-prohib"] = { "EHOSTUNREACH", "EHOSTUNREACH" },
}

test("a connect learns of an ICMP error with its second SYN", ERAS, function(box)
  for code, expected in pairs(CODES) do
    box:filter("block return-icmp(" .. code .. ") in on lo0 proto tcp from any to any port = 22")
    local began = box:now()
    local _, err = box:connect("127.0.0.1", 22)
    expect.eq(err, expected[1], code)
    expect.eq(box:now() - began, 1, code)
  end
end)

test("over a wire it learns at once", ERAS, function(box)
  local client = box:remote("192.168.1.20", { latency = 0.01, rate = 0 })
  box:filter("block return-icmp(port-unr) in on e1000g0 proto tcp from any to any port = 22")
  local _, err = client:connect("192.168.1.5", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0.02)
end)

test("the error of a connect that gives up is the one that it remembered", function(box)
  box:era("linux", { syn_retries = 0, syn_linear = 0 })
  box:filter("block return-icmp(host-unr) in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "EHOSTUNREACH")
  expect.eq(box:now(), 1)
end)

test("a connected UDP socket learns of the final codes", ERAS, function(box)
  for code, expected in pairs(CODES) do
    box:filter("block return-icmp(" .. code .. ") in on lo0 proto udp from any to any port = 22")
    local sock = box:udp()
    sock:connect("127.0.0.1", 22)
    sock:send("x")
    local _, err = sock:recv(0.1)
    expect.eq(err, expected[2], code)
  end
end)

test("data is acknowledged at once", ERAS, function(box)
  local listener = box:listen(22)
  local sock = box:connect("127.0.0.1", 22)
  listener:accept()
  box:expect_packets("lo0", { "* > * S", "* > * S.", "* > * ." })
  sock:send("hello")
  box:sleep(0)
  box:expect_packets("lo0", { "* > 127.0.0.1.22 P. 1:6(5)", "127.0.0.1.22 > * . 1:1(0) ack 6" })
end)

test("an ICMP error quotes the packet up to 576 bytes", ERAS, function(box)
  local lengths = {}
  box:filter("block return-icmp(port-unr) in on lo0 proto udp from any to any port = 22")
  box:hook("LOOPBACK_IN", function(packet)
    if packet.proto == "icmp" then lengths[#lengths + 1] = #packet.bytes end
  end)
  for _, length in ipairs{ 4, 520, 521 } do
    box:udp():sendto(string.rep("x", length), "127.0.0.1", 22)
    box:sleep(0)
  end
  expect.eq(lengths, { 20 + 8 + 28 + 4, 576, 576 })
end)

test("how long ETIMEDOUT takes, by tcp_syn_retries and tcp_syn_linear_timeouts", function(box)
  local rows = {
    { 6, 4, 131, { 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 } },
    { 6, 0, 127, { 0, 1, 3, 7, 15, 31, 63 } },
    { 2, 0, 7, { 0, 1, 3 } },
    { 1, 0, 3, { 0, 1 } },
  }
  local syns, began
  box:hook("LOOPBACK_OUT", function() syns[#syns + 1] = box:now() - began end)
  for _, row in ipairs(rows) do
    box:era("linux", { syn_retries = row[1], syn_linear = row[2] })
    box:filter("block in on lo0 proto tcp from any to any port = 22")
    syns, began = {}, box:now()
    local _, err = box:connect("127.0.0.1", 22)
    expect.eq(err, "ETIMEDOUT")
    expect.eq(box:now() - began, row[3])
    expect.eq(syns, row[4])
  end
end)

-- What a packet has led to on loopback has happened when the call that sent it returns: nothing is settled here.
for _, where in ipairs{ "127.0.0.1", "::1" } do
  test("a connect is told of the RST that its ACK is answered with: " .. where, ERAS, function(box)
    box:listen(80)
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 80 flags A/FSRPA")
    expect.eq({ box:connect(where, 80) }, { nil, "ECONNRESET" })
    local sock = box:socket("tcp", where == "::1" and "inet6" or "inet")
    expect.eq({ sock:connect(where, 80) }, { nil, "ECONNRESET" })
    expect.eq(sock:error(), nil)
    expect.eq(sock:state(), "CLOSED")
    expect.eq({ sock:connect(where, 80, 0) }, { nil, "EINPROGRESS" })
    expect.eq({ sock:connect(where, 80, 0) }, { nil, "ECONNRESET" })
  end)

  test("every other send to a port that a rule refuses fails: " .. where, ERAS, function(box)
    box:udp(53)
    box:filter("block return-icmp(port-unr) in on lo0 proto udp from any to any port = 53")
    local sock, seen = box:udp(), {}
    sock:connect(where, 53)
    for i = 1, 6 do
      local _, err = sock:send("FOO")
      seen[i] = err or "ok"
    end
    expect.eq(seen, { "ok", "ECONNREFUSED", "ok", "ECONNREFUSED", "ok", "ECONNREFUSED" })
  end)

  test("what was bound to both families is in the way of 0.0.0.0 after a connect, too: " .. where, ERAS, function(box)
    for _, kind in ipairs{ "tcp", "udp" } do
      local both, other = box:socket(kind, "inet6"), box:socket(kind)
      expect.ok(both:bind("::", 53))
      if kind == "tcp" then both:connect("::1", 54, 0) else both:connect("::1", 54) end
      expect.eq(select(2, other:bind("0.0.0.0", 53)), "EADDRINUSE")
    end
  end)

  test("an accepted connection that was reset keeps no port: " .. where, ERAS, function(box)
    local listener, sock = box:listen(80), box:connect(where, 80)
    sock:disconnect()
    local conn = listener:accept(0)
    listener:close()
    expect.ok(sock:bind(where, 80))
    conn:close()
  end)

  test("data is there at once, at either end, after a half close, too: " .. where, ERAS, function(box)
    local listener, sock = box:listen(80), box:connect(where, 80)
    local conn = listener:accept(0)
    sock:send("to the server")
    expect.eq(conn:recv(100, 0), "to the server")
    conn:shutdown("write")
    expect.eq(sock:recv(100, 0), "")
    sock:send("more")
    expect.eq({ conn:peek(2), conn:recv(100, 0) }, { "mo", "more" })
    local from, to = box:udp(1000), box:udp(53)
    from:sendto("a datagram", where, 53)
    expect.eq((to:recv(0)), "a datagram")
  end)
end

-- The random programs found an invariant that took the second RST for an answer to the first.
test("a RST that is put in after one that was delivered is no answer", ERAS, function(box)
  box:filter("block return-rst in quick on lo0 proto tcp from any port = 22 to any flags SA")
  box:listen(22)
  local client = box:socket("tcp")
  local _, err = client:connect("127.0.0.1", 22, 0.02)
  expect.eq(err, "EINPROGRESS")
  local seen = box:packets("LOOPBACK_OUT:before")
  box:inject{ src = "127.0.0.1", dst = "127.0.0.1", sport = 22, dport = seen[1].sport, flags = "R.", ack = seen[1].seq + 1 }
  box:settle()
  expect.eq(client:error(), "ECONNREFUSED")
end)
