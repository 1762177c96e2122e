-- A peer that is no stack: the script makes its segments and reads those of the box. What Linux does is known from
-- kernel tests of the same kind (packetdrill), whose facts these are: connect, close, shutdown, RST, FIN, TIME_WAIT,
-- listen, ICMP.

local LINUX = { eras = { "linux" } }
local US, PEER, PORT, FROM = "192.168.1.5", "192.168.1.99", 8080, 1000

-- The peer's end of a conversation: nobody else has its address, and what is sent to it is seen and goes no further.
local function peer(box)
  local self = { seq = 1, ack = 0, sport = FROM, dport = PORT }
  box:hook("PHYSICAL_OUT", function() return "eat" end)

  -- Sends a segment: flags, data, and fields that differ.
  function self.send(flags, data, more)
    local packet = { at = "PHYSICAL_IN:before", src = PEER, dst = US, sport = self.sport, dport = self.dport,
      flags = flags ~= "" and flags or nil, seq = self.seq, win = 32768, payload = data,
      ack = flags:find(".", 1, true) and self.ack or 0 }
    for name, value in pairs(more or {}) do
      packet[name] = value
    end
    box:inject(packet)
    box:settle()
    self.seq = self.seq + #(data or "") + (flags:find("[SF]") and 1 or 0)
  end

  -- What has come since the last time, as "F. 1001:1001(0) ack 1", counted from the first numbers.
  function self.got()
    local seen = {}
    for i, packet in ipairs(box:packets("PHYSICAL_OUT:before")) do
      if packet.flags:find("S") then
        self.first, self.dport, self.sport = packet.seq, packet.sport, packet.dport
      end
      local length = #packet.payload
      self.ack = packet.flags == "R" and self.ack
        or packet.seq + length + (packet.flags:find("[SF]") and 1 or 0)
      local at = packet.seq - self.first
      seen[i] = ("%s %d:%d(%d)"):format(packet.flags, at, at + length, length)
    end
    return seen
  end
  return self
end

-- An accepted connection of the peer's.
local function accepted(box)
  local far, listener = peer(box), box:listen(PORT)
  far.send("S")
  expect.eq(far.got(), { "S. 0:0(0)" })
  far.send(".")
  return far, listener:accept(), listener
end

-- A connection to the peer.
local function connected(box)
  local far = peer(box)
  local sock = box:connect(PEER, PORT, { wait = false })
  expect.eq(far.got(), { "S 0:0(0)" })
  far.send("S.")
  expect.eq(far.got(), { ". 1:1(0)" })
  expect.ok(sock:connected())
  return far, sock
end

test("closed here, then there", LINUX, function(box)
  local far, sock = connected(box)
  sock:send(("x"):rep(500))
  expect.eq(far.got(), { "P. 1:501(500)" })
  far.send(".")
  sock:close()
  expect.eq(far.got(), { "F. 501:501(0)" })
  far.send(".")
  expect.eq(far.got(), {})
  far.send("F.")
  expect.eq(far.got(), { ". 502:502(0)" })
  expect.eq(box:endpoints()[1].state, "TIME_WAIT")
end)

test("a FIN that comes again in TIME_WAIT is acknowledged again", LINUX, function(box)
  local far, sock = connected(box)
  sock:close()
  expect.eq(far.got(), { "F. 1:1(0)" })
  far.send("F.")
  expect.eq(far.got(), { ". 2:2(0)" })
  box:sleep(59)
  far.seq = far.seq - 1
  far.send("F.")
  expect.eq(far.got(), { ". 2:2(0)" })
  box:sleep(59)
  expect.eq(#box:endpoints(), 1) -- it began anew
  box:sleep(1)
  expect.eq(#box:endpoints(), 0)
end)

test("a close in SYN_SENT sends nothing, and a late SYN|ACK gets a RST", LINUX, function(box)
  local far = peer(box)
  local sock = box:connect(PEER, PORT, { wait = false })
  far.got()
  sock:close()
  box:sleep(0.1)
  expect.eq(far.got(), {})
  far.send("S.")
  expect.eq(far.got(), { "R 1:1(0)" })
end)

test("closed there, then here; afterwards nobody is there", LINUX, function(box)
  local far, sock, listener = accepted(box)
  listener:close()
  far.send("F.")
  expect.eq(far.got(), { ". 1:1(0)" })
  expect.eq(sock:recv(), "")
  sock:close()
  expect.eq(far.got(), { "F. 1:1(0)" })
  far.send(".")
  expect.eq(#box:endpoints(), 0)
  far.send(".")
  expect.eq(far.got(), { "R 2:2(0)" })
end)

test("who reads no more may still send", LINUX, function(box)
  local far, sock = accepted(box)
  sock:shutdown("read")
  expect.eq(sock:recv(), "")
  sock:send(("x"):rep(500))
  expect.eq(far.got(), { "P. 1:501(500)" })
  far.send(".")
  sock:close()
  expect.eq(far.got(), { "F. 501:501(0)" })
  far.send(".")
  far.send("F.")
  expect.eq(far.got(), { ". 502:502(0)" })
end)

test("who reads no more reads what comes all the same", LINUX, function(box)
  local far, sock = accepted(box)
  sock:shutdown("read")
  expect.eq(sock:recv(), "")
  far.send(".", "data")
  expect.eq(far.got(), { ". 1:1(0)" })
  expect.eq(sock:recv(), "data")
  sock:shutdown("write")
  expect.eq(far.got(), { "F. 1:1(0)" })
  local _, err = sock:send("x")
  expect.eq(err, "EPIPE")
end)

test("neither reads nor writes", LINUX, function(box)
  local far, sock = accepted(box)
  sock:shutdown("both")
  expect.eq(far.got(), { "F. 1:1(0)" })
  far.send(".")
  expect.eq(sock:recv(), "")
  local _, err = sock:send("x")
  expect.eq(err, "EPIPE")
  sock:close()
  far.send("F.")
  expect.eq(far.got(), { ". 2:2(0)" })
end)

test("a FIN goes after what is not acknowledged, and stays until it is", LINUX, function(box)
  local far, sock = accepted(box)
  sock:send(("x"):rep(500))
  sock:shutdown("both")
  expect.eq(far.got(), { "P. 1:501(500)", "F. 501:501(0)" })
  sock:close()
  box:sleep(0.25)
  expect.eq(far.got(), { "P. 1:501(500)" }) -- the first again
  far.ack = far.first + 502
  far.send(".")
  far.send("F.")
  expect.eq(far.got(), { ". 502:502(0)" })
end)

test("who writes no more may still read", LINUX, function(box)
  local far, sock = accepted(box)
  sock:shutdown("write")
  expect.eq(far.got(), { "F. 1:1(0)" })
  far.send(".")
  far.send(".", "data")
  expect.eq(far.got(), { ". 2:2(0)" })
  expect.eq(sock:recv(), "data")
  sock:close()
  far.send("F.")
  expect.eq(far.got(), { ". 2:2(0)" })
end)

test("TCP_USER_TIMEOUT outlives its socket", LINUX, function(box)
  local far, sock = accepted(box)
  box:sleep(2)
  sock:set{ user_timeout = 3 }
  sock:close()
  box:sleep(3.3)
  local fins = far.got()
  expect.eq(fins[1], "F. 1:1(0)")
  expect.ok(#fins > 3)
  expect.eq(#box:endpoints(), 1) -- the listener
  far.ack = far.first + 1
  far.send(".", "x")
  expect.eq(far.got(), { "R 1:1(0)" })
end)

test("a segment without flags carries no data", LINUX, function(box)
  local far, sock = accepted(box)
  far.send("", "data")
  expect.eq(sock:peek(), nil)
  far.seq = far.seq - 4
  far.send(".", "data")
  expect.eq(sock:peek(), "data")
end)

test("accept waits for the handshake's end", LINUX, function(box)
  local far, listener = peer(box), box:listen(PORT)
  local waiter = box:spawn("server", function() return listener:accept() and box:now() end)
  far.send("S")
  far.got()
  box:sleep(0.1)
  far.send(".")
  expect.eq(waiter:join(), 0.1)
end)

test("connect waits for the SYN|ACK", LINUX, function(box)
  local far = peer(box)
  local waiter = box:spawn("client", function() return box:connect(PEER, PORT) and box:now() end)
  far.got()
  box:sleep(0.7)
  far.send("S.")
  expect.eq(waiter:join(), 0.7)
end)

test("recv waits for data, and gets what has come", LINUX, function(box)
  local far, sock = accepted(box)
  local waiter = box:spawn("reader", function() return sock:recv(100), box:now() end)
  box:sleep(0.1)
  far.send(".", ("x"):rep(40))
  expect.eq({ waiter:join() }, { ("x"):rep(40), 0.1 })
end)

test("send waits for room, which ACKs make", LINUX, function(box)
  local far, sock = accepted(box)
  sock:set{ sndbuf = 2000 }
  local waiter = box:spawn("writer", function() return sock:send(("x"):rep(3000)), box:now() end)
  for _ = 1, 4 do
    box:sleep(0.1)
    far.got()
    far.send(".")
  end
  local sent, at = waiter:join()
  expect.eq(sent, 3000)
  expect.ok(at > 0 and at < 0.4)
end)

test("reset before it is accepted: it is accepted, and told once", LINUX, function(box)
  local far, listener = peer(box), box:listen(PORT)
  far.send("S")
  far.got()
  far.send(".")
  far.send("R.")
  local sock = listener:accept()
  local _, err = sock:recv()
  expect.eq(err, "ECONNRESET")
  expect.eq(sock:recv(), "")
end)

test("reset after it is accepted", LINUX, function(box)
  local far, sock = accepted(box)
  far.send("R.")
  local _, err = sock:recv()
  expect.eq(err, "ECONNRESET")
  expect.eq(far.got(), {})
end)

test("a close with unread data resets", LINUX, function(box)
  local far, sock = accepted(box)
  far.send(".", "data")
  far.got()
  sock:close()
  expect.eq(far.got(), { "R. 1:1(0)" })
end)

test("a listener that closes resets who was not accepted", LINUX, function(box)
  local far, listener = peer(box), box:listen(PORT)
  far.send("S")
  far.got()
  far.send(".")
  listener:close()
  expect.eq(far.got(), { "R. 1:1(0)" })
end)

test("an ICMP error about the SYN refuses, one about an open connection does not end it", LINUX, function(box)
  local far = peer(box)
  local sock = box:connect(PEER, PORT, { wait = false })
  local syn = box:packets("PHYSICAL_OUT:before")[1]
  local function port_unreachable(quoted)
    box:inject{ at = "PHYSICAL_IN:before", proto = "icmp", src = PEER, dst = US, type = 3, code = 3,
      payload = quoted:sub(1, 28) }
    box:settle()
  end
  box:sleep(1) -- the second SYN is on its way, and connect() has let go
  port_unreachable(syn.bytes)
  local _, err = sock:connected()
  expect.eq(err, "ECONNREFUSED")
  far.got()
end)

test("a wrong ACK in SYN_SENT gets a RST, and the SYN|ACK is still taken", LINUX, function(box)
  local far = peer(box)
  local sock = box:connect(PEER, PORT, { wait = false })
  far.got()
  far.ack = far.ack + 1000
  far.send(".")
  expect.eq(far.got()[1], "R 1001:1001(0)")
  far.ack = far.first + 1
  far.send("S.")
  expect.ok(sock:connected())
end)

test("a RST in the window, not at its edge, is asked about", LINUX, function(box)
  local far, sock = accepted(box)
  far.send("R", nil, { seq = far.seq + 10 })
  expect.eq(far.got(), { ". 1:1(0)" })
  expect.eq(sock:state(), "ESTABLISHED")
  far.send("R")
  expect.eq(sock:state(), "CLOSED")
end)
