-- SPDX-License-Identifier: BSD-3-Clause
--
-- A process that a fault kills: what is closed, in which order, what is still sent, and what others
-- see of it.

-- The packets since the last call, without SYNs, ACKs and ICMP: "F.21" goes to port 21, "21F." comes from
-- there.
local function ends(box)
  local texts = {}
  for _, p in ipairs(box:packets("lo0")) do
    local what = p.proto == "udp" and "udp" or p.flags
    if what and what ~= "." and not what:find("S") then
      texts[#texts + 1] = p.dport < 1000 and what .. p.dport or p.sport .. what
    end
  end
  return table.concat(texts, " ")
end

-- A listener for each of the ports.
local function serve(box, ports)
  for _, port in ipairs(ports) do
    local listener = box:listen(port)
    box:spawn("d" .. port, function() listener:accept() end)
  end
end

-- What the victim has closed by itself, and what is then closed for it.
local closed = {
  { {}, "F.21 F.22 F.23" }, { { 1 }, "F.22 F.23" }, { { 2 }, "F.21 F.23" }, { { 3 }, "F.21 F.22" },
  { { 1, 2 }, "F.23" }, { { 2, 1 }, "F.23" }, { { 2, 3 }, "F.21" }, { { 3, 2 }, "F.21" }, { { 1, 3 }, "F.22" },
  { { 3, 1 }, "F.22" }, { { 1, 2, 3 }, "" }, { { 3, 2, 1 }, "" }, { { 2, 1, 3 }, "" },
}
for _, row in ipairs(closed) do
  local first = #row[1] > 0 and table.concat(row[1], ", ") or "none"
  test("what is open is closed once, in order; closed before: " .. first, function(box)
    box:fault("kill victim before UDP")
    serve(box, { 21, 22, 23 })
    local victim = box:spawn("victim", function()
      local socks = {}
      for i = 1, 3 do
        socks[i] = box:connect("127.0.0.1", 20 + i)
      end
      for _, i in ipairs(row[1]) do
        socks[i]:close()
      end
      box:sleep(100)
      expect.fail("it lives")
    end)
    box:sleep(1)
    ends(box)
    box:udp(5000):sendto("x", "127.0.0.1", 53)
    local result, why = victim:join()
    expect.eq(result, nil)
    expect.eq(why, "killed")
    box:settle()
    expect.eq(ends(box), (row[2] .. " udp53"):match("^ *(.*)$"))
    expect.eq(box:now(), 1)
  end)
end

test("sockets that are made after others have gone are closed in order, too", function(box)
  box:fault("kill victim before UDP")
  serve(box, { 21, 22, 23, 24 })
  box:spawn("victim", function()
    local a, b = box:connect("127.0.0.1", 21), box:connect("127.0.0.1", 22)
    b:close()
    box:connect("127.0.0.1", 23)
    a:close()
    box:connect("127.0.0.1", 24)
    box:sleep(100)
  end)
  box:sleep(1)
  ends(box)
  box:udp(5000):sendto("x", "127.0.0.1", 53)
  box:settle()
  expect.eq(ends(box), "F.23 F.24 udp53")
end)

-- A packet of the victim's own goes before what closes its sockets; another's waits. Rows: who sends
-- the datagram, from where to where.
local senders = {
  { "the victim", true, 5000, nil, "udp53 F.21" },
  { "the victim, connected", true, 5000, 53, "udp53 F.21" },
  { "another", false, 5000, nil, "F.21 udp53" },
  { "another, connected", false, 5000, 53, "F.21 udp53" },
}
for _, row in ipairs(senders) do
  test("a packet goes first if the victim has sent it: " .. row[1], function(box)
    box:fault("kill victim before UDP")
    serve(box, { 21 })
    local function send(port, to)
      local udp = box:udp(port)
      if to then
        udp:connect("127.0.0.1", to)
        udp:send("x")
      else
        udp:sendto("x", "127.0.0.1", 53)
      end
    end
    local went_on = false
    box:spawn("victim", function()
      box:connect("127.0.0.1", 21)
      box:udp(6000)
      box:sleep(1)
      if row[2] then
        send(row[3], row[4])
        went_on = true
      end
      box:sleep(100)
    end)
    box:sleep(0.5)
    ends(box)
    box:sleep(0.5)
    if not row[2] then
      send(row[3], row[4])
    end
    box:sleep(1)
    expect.eq(ends(box), row[5])
    expect.eq(went_on, false)
  end)
end

-- Another's packet, though it looks like the victim's. Rows: what the victim has; what another sends.
local WIRE = "192.168.1.20"
local lookalikes = {
  { "of its TCP port, by UDP",
    function(box) box:connect("127.0.0.1", 21, { port = 5000 }) end,
    function(box) box:udp(5000):sendto("x", "127.0.0.1", 21) end },
  { "of its port, on another address",
    function(box) box:udp(5000, "192.168.1.5") end,
    function(box) box:udp(5000, "127.0.0.1"):sendto("x", "127.0.0.1", 53) end },
  { "of its port, from another host",
    function(box) box:udp(5000) end,
    function(_, remote) remote:udp(5000):sendto("x", "192.168.1.5", 53) end },
  { "of its port, from the box, if its socket is elsewhere",
    function(_, remote) remote:udp(5000) end,
    function(box) box:udp(5000):sendto("x", "192.168.1.5", 53) end },
  { "of its port, of the other family",
    function(box) box:udp(5000, "::1") end,
    function(box) box:udp(5000, "127.0.0.1"):sendto("x", "127.0.0.1", 53) end },
  { "a ping of another, while it has a port",
    function(box) box:udp(5000) end,
    function(box) box:ping("127.0.0.1", { timeout = 0 }) end },
}
for _, row in ipairs(lookalikes) do
  test("a packet that looks like the victim's is another's: " .. row[1], function(box)
    box:fault("kill victim before UDP")
    box:fault("kill victim before ICMP")
    serve(box, { 21, 22 })
    local remote = box:remote(WIRE, { latency = 0, rate = 0 })
    local goes = {}
    box:spawn("victim", function()
      row[2](box, remote)
      box:connect("127.0.0.1", 22)
      box:sleep(100)
    end)
    box:sleep(1)
    for _, place in ipairs({ "LOOPBACK_OUT", "PHYSICAL_IN" }) do
      box:hook(place, function(p)
        if p.proto == "udp" or p.proto == "icmp" or p.dport == 22 then goes[#goes + 1] = p.proto end
      end)
    end
    row[3](box, remote)
    box:sleep(1)
    expect.eq(goes[1], "tcp") -- the FIN of what the victim had
    expect.ne(goes[2], nil)
  end)
end

test("a ping has been handed over", function(box)
  box:fault("kill victim before ICMP")
  serve(box, { 21 })
  box:spawn("victim", function()
    box:connect("127.0.0.1", 21)
    box:ping("127.0.0.1")
    expect.fail("it went on")
  end)
  box:sleep(1)
  local protos = {}
  for _, p in ipairs(box:packets("lo0")) do
    if p.proto == "icmp" or p.flags == "F." then protos[#protos + 1] = p.proto end
  end
  expect.eq(protos[1], "icmp")
end)

test("each packet from a port of the victim is its own", function(box)
  box:fault('kill victim before "127.0.0.1.5000 > 127.0.0.1.* udp" 2')
  serve(box, { 21 })
  box:spawn("victim", function()
    box:connect("127.0.0.1", 21)
    local udp = box:udp(5000)
    udp:sendto("x", "127.0.0.1", 53)
    udp:sendto("x", "127.0.0.1", 54)
    expect.fail("it went on")
  end)
  box:sleep(1)
  expect.eq(ends(box), "udp53 udp54 F.21")
end)

test("a packet that its sender's last socket leaves behind is its own", function(box)
  box:fault('kill victim before FIN')
  serve(box, { 21, 22 })
  box:spawn("victim", function()
    local a = box:connect("127.0.0.1", 21)
    box:connect("127.0.0.1", 22)
    box:sleep(1)
    ends(box)
    a:close()
    expect.fail("it went on")
  end)
  box:sleep(2)
  expect.eq(ends(box), "F.21 F.22")
end)

test("all processes of the name die, and a note says who had ended before", function(box)
  box:fault("kill victim before UDP")
  local ended = {}
  local first = box:spawn("victim", function() return "done" end)
  local others = {}
  for i = 1, 2 do
    others[i] = box:spawn("victim", function()
      box:sleep(10)
      ended[#ended + 1] = i
    end)
  end
  local stays = box:spawn("victims", function()
    box:sleep(10)
    return "lives"
  end)
  box:udp(5000):sendto("x", "127.0.0.1", 53)
  expect.eq(first:join(), "done")
  for i = 1, 2 do
    expect.eq(select(2, others[i]:join()), "killed")
  end
  expect.eq(stays:join(), "lives")
  expect.eq(#ended, 0)
end)

test("who waits for a process that dies goes on at that instant", function(box)
  box:fault("kill victim before UDP")
  local victim = box:spawn("victim", function() box:sleep(100) end)
  local at
  local waiter = box:spawn("waiter", function()
    local result, why = victim:join()
    at = box:now()
    return result, why
  end)
  box:sleep(2)
  box:udp(5000):sendto("x", "127.0.0.1", 53)
  local result, why = waiter:join()
  expect.eq(result, nil)
  expect.eq(why, "killed")
  expect.eq(at, 2)
end)

test("what a dead process had spawned, and its listener's clients", function(box)
  box:fault("kill victim before UDP")
  local child
  box:spawn("victim", function()
    local listener = box:listen(80)
    child = box:spawn("child", function()
      box:sleep(5)
      return "lives"
    end)
    listener:accept()
    box:sleep(100)
  end)
  local accepted, waits = box:connect("127.0.0.1", 80), box:connect("127.0.0.1", 80)
  box:settle()
  ends(box)
  box:udp(5000):sendto("x", "127.0.0.1", 53)
  box:settle()
  -- the listener was made first: it resets what it had not accepted
  expect.eq(ends(box), "80R. 80F. udp53")
  expect.eq(accepted:recv(), "")
  expect.eq(select(2, waits:recv()), "ECONNRESET")
  expect.eq(child:join(), "lives")
  expect.eq(select(2, box:connect("127.0.0.1", 80)), "ECONNREFUSED")
end)

test("a test that ends at the instant of a death", function(box)
  box:fault("kill victim before UDP")
  serve(box, { 21 })
  box:spawn("victim", function()
    box:connect("127.0.0.1", 21)
    box:sleep(100)
  end)
  box:settle()
  box:udp(5000):sendto("x", "127.0.0.1", 53)
end)

test("a socket that is made after the last one has gone is closed, too", function(box)
  box:fault("kill victim before ICMP")
  box:listen(21)
  box:spawn("victim", function()
    for _ = 1, 3 do box:udp(7000):close() end
    box:connect("127.0.0.1", 21)
    local last = box:udp(7001)
    last:close()
    box:udp(7002)
    box:sleep(100)
  end)
  box:sleep(1)
  ends(box)
  box:ping("127.0.0.1")
  box:settle()
  expect.eq(ends(box), "F.21")
  expect.ok(box:udp(7002)) -- the port is free
end)
