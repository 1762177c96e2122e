-- SPDX-License-Identifier: BSD-3-Clause
--
-- Every field of the tables and lists that verbs return, for conversations whose numbers are known.

-- A fused connection from port 4000 to 80 that has sent five bytes; a refused datagram; a ping.
local function converse(box)
  box:filter("set intercept_loopback true;\n"
    .. "pass out quick proto tcp from any to any port = 80 keep state\n"
    .. "block return-rst out quick proto udp from any to any port = 53 keep state\n"
    .. "pass out quick proto icmp all keep state")
  local listener = box:listen(80)
  local sock = box:connect("127.0.0.1", 80, { port = 4000 })
  local peer = listener:accept()
  sock:send("hello")
  box:settle()
  box:sleep(1)
  box:udp(5000):sendto("x", "127.0.0.1", 53)
  box:ping("::1")
  return sock, peer
end

test("states", function(box)
  converse(box)
  expect.eq(box:states(), {
    { bytes = 232, bytes_back = 128, dport = 80, dst = "127.0.0.1", packets = 4, packets_back = 2, proto = "tcp",
      rule = "pass out quick proto tcp from any to any port = 80 keep state", sport = 4000, src = "127.0.0.1",
      state = "4/2", ttl = 431999, verdict = "pass" },
    { bytes = 29, bytes_back = 0, dport = 53, dst = "127.0.0.1", packets = 1, packets_back = 0, proto = "udp",
      rule = "block return-rst out quick proto udp from any to any port = 53 keep state", sport = 5000,
      src = "127.0.0.1", state = "0/0", ttl = 120, verdict = "block" },
  })
end)

test("counters", function(box)
  converse(box)
  expect.eq(box:counters(), {
    depth_max = 0, fastroute_failures = 0, fastroute_successes = 0, fused_bytes = 5, icmp_cksum_errors = 0,
    icmp_limited = 0, icmp_sent = 0, in_discards = 0, loopback_packets = 5, out_discards = 0, resets_limited = 0,
    resets_sent = 0,
    inbound = { block = 0, block_logged = 0, nomatch = 2, nomatch_logged = 0, pass = 5, pass_logged = 0,
      return_sent = 0, short = 0 },
    outbound = { block = 1, block_logged = 0, nomatch = 2, nomatch_logged = 0, pass = 5, pass_logged = 0,
      return_sent = 0, short = 0 },
  })
end)

-- Rows: what is logged without a rule's `log`, and how many of each are counted.
local logged = {
  { {}, 0, 0, 0 },
  { { "pass" }, 1, 0, 0 },
  { { "block" }, 0, 1, 0 },
  { { "nomatch" }, 0, 0, 3 },
  { { "nomatch", "pass" }, 1, 0, 3 },
  { { "pass", "block", "nomatch" }, 1, 1, 3 },
}
for _, row in ipairs(logged) do
  test("logged by ipf_log: " .. table.concat(row[1], ", "):gsub("^$", "nothing"), function(box)
    box:filter("set intercept_loopback true;\npass out quick proto udp from any to any port = 1\n"
      .. "block out quick proto udp from any to any port = 2")
    box:ipf_log("pass", "block", "nomatch")
    box:ipf_log(table.unpack(row[1]))
    local udp, other = box:udp(5000), box:udp(1)
    for _, port in ipairs({ 1, 2, 3 }) do
      udp:sendto("x", "127.0.0.1", port)
    end
    box:settle()
    local out = box:counters().outbound
    expect.eq(out.pass_logged, row[2])
    expect.eq(out.block_logged, row[3])
    local lines = select(2, box:ipmon():gsub("\n", ""))
    expect.eq(lines > 0, #row[1] > 0)
  end)
end

test("endpoints", function(box)
  converse(box)
  box:socket("tcp", "inet6")
  expect.eq(box:endpoints(), {
    { address = "::", fused = false, port = 80, proto = "tcp", state = "LISTEN" },
    { address = "127.0.0.1", fused = true, peer = "127.0.0.1", peer_port = 4000, port = 80, proto = "tcp",
      state = "ESTABLISHED" },
    { address = "127.0.0.1", fused = true, peer = "127.0.0.1", peer_port = 80, port = 4000, proto = "tcp",
      state = "ESTABLISHED" },
    { address = "::", fused = false, port = 5000, proto = "udp" },
  })
end)

test("names of both ends", function(box)
  local sock, peer = converse(box)
  expect.eq({ sock:getsockname() }, { "127.0.0.1", 4000 })
  expect.eq({ sock:getpeername() }, { "127.0.0.1", 80 })
  expect.eq({ peer:getsockname() }, { "::ffff:127.0.0.1", 80 })
  expect.eq({ peer:getpeername() }, { "::ffff:127.0.0.1", 4000 })
  expect.eq(peer:peek(3), "hel")
  expect.eq(peer:peek(), "hello")
  expect.eq(peer:recv(2), "he")
  expect.eq(peer:recv(), "llo")
end)

-- Of each packet the fields that its protocol has, and no others.
test("packets", function(box)
  box:sleep(1.5)
  box:connect("127.0.0.1", 80, { port = 4000 })
  box:udp(5000):sendto("abc", "::1", 53)
  box:settle()
  local syn, rst, datagram, unreachable = table.unpack(box:packets("snoop"))
  for _, p in ipairs({ syn, rst, datagram, unreachable }) do
    expect.eq(#p.bytes > 0, true)
    expect.eq(p.time, 1.5)
    p.bytes, p.time = nil, nil
  end
  local seq = syn.seq
  expect.eq(rst.ack, seq + 1)
  syn.seq, rst.ack, syn.id, rst.id = nil, nil, nil, nil
  syn.options, syn.text = nil, syn.text:match("^(.*) S ")
  expect.eq(syn, { ack = 0, dport = 80, dst = "127.0.0.1", flags = "S", payload = "", proto = "tcp", sport = 4000,
    src = "127.0.0.1", text = "127.0.0.1.4000 > 127.0.0.1.80", ttl = 64, win = 49152 })
  expect.eq(rst, { dport = 4000, dst = "127.0.0.1", flags = "R.", payload = "", proto = "tcp", seq = 0, sport = 80,
    src = "127.0.0.1", text = "127.0.0.1.80 > 127.0.0.1.4000 R. 0:0(0) ack 1 win 0", ttl = 64, win = 0 })
  expect.eq(datagram, { dport = 53, dst = "::1", payload = "abc", proto = "udp", sport = 5000, src = "::1",
    text = "::1.5000 > ::1.53 udp 3 bytes", ttl = 255 })
  expect.eq(unreachable.type, 1)
  expect.eq(unreachable.code, 4)
  expect.eq(#box:packets("snoop"), 0)
end)

test("a host's packets have consecutive identifiers", function(box)
  local udp = box:udp(5000)
  for _ = 1, 3 do udp:sendto("x", "127.0.0.1", 5000) end
  box:connect("127.0.0.1", 80)
  box:settle()
  local packets = box:packets("snoop")
  for i = 2, 4 do -- without the RST, whose identifier is 0
    expect.eq(packets[i].id, (packets[i - 1].id + 1) & 0xffff)
  end
end)

-- The taps by their names; those of an event need a side.
test("taps", function(box)
  box:hook("LOOPBACK_OUT", function(packet) if packet.dport == 2 then return "eat" end end)
  box:hook("LOOPBACK_IN", function(packet) if packet.dport == 3 then return "eat" end end)
  local udp = box:udp(5000)
  for port = 1, 3 do
    udp:sendto("x", "127.0.0.1", port)
  end
  box:settle()
  local function ports(tap)
    local found = {}
    for _, p in ipairs(box:packets(tap)) do
      found[#found + 1] = p.proto == "udp" and p.dport or p.proto
    end
    return found
  end
  expect.eq(ports("LOOPBACK_OUT:before"), { 1, 2, 3, "icmp" })
  expect.eq(ports("LOOPBACK_OUT:after"), { 1, 3, "icmp" })
  expect.eq(ports("LOOPBACK_IN:before"), { 1, 3, "icmp" })
  expect.eq(ports("LOOPBACK_IN:after"), { 1, "icmp" })
  for _, event in ipairs({ "LOOPBACK_IN", "LOOPBACK_OUT", "PHYSICAL_IN", "PHYSICAL_OUT" }) do
    expect.error(function() box:packets(event) end,
      "the tap '" .. event .. "' needs a side: '" .. event .. ":before' or '" .. event .. ":after'")
  end
  expect.error(function() box:packets("LOOPBACK") end, "there is no tap 'LOOPBACK'")
end)

test("more packets than a tap keeps", function(box)
  local udp = box:udp(5000)
  local function send(count)
    for _ = 1, count do
      udp:sendto("x", "127.0.0.1", 5000)
    end
    box:settle()
  end
  send(100001)
  expect.error(function() box:packets("lo0") end, "more than 100000 packets passed lo0 since the last call")
  expect.error(function() box:expect_packets("lo0", {}) end, "more than 100000 packets passed lo0")
end)

test("patterns that differ are told, and what is still to come", function(box)
  local udp = box:udp(5000)
  udp:sendto("x", "127.0.0.1", 5000)
  local pattern = "127.0.0.1.5000 > 127.0.0.1.5000 udp"
  local _, text = pcall(box.expect_packets, box, "lo0", { pattern, pattern })
  text = tostring(text)
  expect.match(text, "the packets at lo0 differ")
  expect.match(text, "more is on its way at this instant: box:settle%(%) lets it arrive")
  box:settle()
  _, text = pcall(box.expect_packets, box, "lo0", { pattern, pattern })
  text = tostring(text)
  expect.match(text, "\n  expected  " .. pattern:gsub("%.", "%%.") .. "\n  actual    127")
  expect.match(text, "\n> expected  .*\n> actual    nothing more")
  expect.eq(text:find("on its way"), nil)
  _, text = pcall(box.expect_packets, box, "lo0", {})
  expect.match(tostring(text), "\n> expected  nothing more\n> actual    127.0.0.1.5000")
  _, text = pcall(box.expect_packets, box, "lo0", { "127.0.0.1.5000 > 127.0.0.1.5001 udp", pattern })
  expect.match(tostring(text), "\n> expected  127.0.0.1.5000 > 127.0.0.1.5001 udp\n> actual    127")
  expect.match(tostring(text), "\n  expected  127.*\n  actual    nothing more$")
  box:expect_packets("lo0", { pattern })
  box:expect_packets("lo0", {})
end)

test("how many values a verb returns", function(box)
  local function none() end
  local function holds() return true end
  local listener, udp, tcp = box:listen(22), box:udp(53), box:socket("tcp")
  local sock, other = box:connect("127.0.0.1", 22), box:connect("127.0.0.1", 22)
  local hook, spare = box:hook("LOOPBACK_IN", none), box:udp()
  local packet = { src = "127.0.0.1", dst = "127.0.0.1" }
  -- Rows: how many, and calls of verbs.
  local rows = {
    [0] = {
      { box.expect_packets, box, "wire", {} }, { box.filter, box, { file = "rules/one.conf" } }, { box.filter, box, "" },
      { box.filter, box, "pass in all" }, { box.ipf_add, box, "pass out all" }, { box.ipf_remove, box, "pass out all" },
      { box.reply_mode, box, "inject" }, { box.era, box, "post" }, { box.sleep, box, 0 }, { box.settle, box },
      { box.snoop, box, "lo0" }, { box.fusion, box, true }, { box.rewrite_any_segment, box, false },
      { box.note, box, "x" }, { box.hosts, box, {} }, { box.ipf_log, box }, { box.always, box, "a", holds },
      { box.eventually, box, "e", holds }, { box.inject, box, packet }, { box.fault, box, "drop packet 1000000" },
      { other.abort, other }, { other.abort, other }, { spare.close, spare }, { spare.close, spare },
      { hook.remove, hook }, { hook.remove, hook }, { expect.eq, 1, 1 }, { expect.ne, 1, 2 }, { expect.ok, 1 },
      { expect.lt, 1, 2 }, { expect.le, 1, 2 }, { expect.near, 1, 1, 0 }, { expect.match, "a", "a" },
      { box:spawn("p", none).join, box:spawn("p", none) },
    },
    [1] = {
      { box.now, box }, { box.rand, box }, { box.counters, box }, { box.endpoints, box }, { box.states, box },
      { box.ipfstat, box, "-s" }, { box.ipmon, box }, { box.packets, box, "snoop" }, { box.spawn, box, "p", none },
      { box.ping, box, "127.0.0.1" }, { box.remote, box, "192.168.1.20" }, { box.socket, box, "udp" },
      { box.hook, box, "LOOPBACK_IN", none }, { box.listen, box, 23 }, { box.udp, box },
      { box.connect, box, "127.0.0.1", 22 }, { sock.send, sock, "x" }, { sock.ready, sock }, { sock.state, sock },
      { sock.error, sock }, { sock.connected, sock }, { sock.get, sock, "nodelay" }, { sock.set, sock, {} },
      { sock.shutdown, sock }, { listener.accept, listener }, { tcp.bind, tcp, "127.0.0.1", 24 },
      { tcp.listen, tcp }, { udp.port, udp }, { udp.sendto, udp, "x", "127.0.0.1", 53 },
      { expect.error, function() error("x") end },
    },
    [2] = {
      { box.connect, box, "127.0.0.1", 99 }, { sock.getsockname, sock }, { sock.getpeername, sock },
      { sock.recv, sock, 1, 0 }, { tcp.connect, tcp, "127.0.0.1", 22 }, { box.poll, box, {}, 0 },
    },
    [3] = { { udp.recv, udp }, { box:spawn("p", function() return 1, 2, 3 end).join, box:spawn("p", function() return 1, nil, 3 end) } },
  }
  for count, calls in pairs(rows) do
    for i, call in ipairs(calls) do
      expect.eq(select("#", call[1](table.unpack(call, 2))), count, count .. " values, row " .. i)
    end
  end
end)
