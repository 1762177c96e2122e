-- The filter sees each fragment, the endpoint the whole datagram, in whatever order they came. One that is missing ends
-- it after 30 s on Linux, 60 s on Solaris; fragments that overlap end it on Linux, where Solaris keeps what came first.

local ALL = { eras = { "post", "snv_116", "illumos", "linux" } }
local DATA = ("0123456789abcdef"):rep(4)

local function datagram(box, more)
  local packet = { proto = "udp", src = "127.0.0.1", dst = "127.0.0.1", sport = 1000, dport = 53, payload = DATA }
  for name, value in pairs(more) do
    packet[name] = value
  end
  box:inject(packet)
end

for _, order in ipairs{ { 1, 2, 3 }, { 3, 2, 1 }, { 2, 3, 1 }, { 1, 1, 2, 2, 3 } } do
  test("in the order " .. table.concat(order, " "), ALL, function(box)
    local sock = box:udp(53)
    datagram(box, { id = 7, fragment = 32, order = order })
    local data, from, port = sock:recv(1)
    expect.eq({ data, from, port }, { DATA, "127.0.0.1", 1000 })
  end)
end

test("a SYN in fragments connects", ALL, function(box)
  local listener = box:listen(22)
  box:inject{ src = "192.168.1.20", dst = "192.168.1.5", sport = 1000, dport = 22, flags = "S", id = 9,
    at = "PHYSICAL_IN:before", fragment = 8 }
  box:settle()
  expect.eq(box:packets("PHYSICAL_OUT:before")[1].flags, "S.")
  listener:close()
end)

test("each is filtered", ALL, function(box)
  local sock = box:udp(53)
  box:filter("block in on lo0 proto udp from any to any with frags")
  datagram(box, { id = 7, fragment = 32 })
  local _, err = sock:recv(1)
  expect.eq(err, "EAGAIN")
  expect.eq(box:counters().inbound.block, 3)
end)

test("one is missing", ALL, function(box)
  local sock = box:udp(53)
  datagram(box, { id = 7, fragment = 32, order = { 1, 3 } })
  box:sleep(61)
  datagram(box, { id = 7, fragment = 32, order = { 2 } })
  local _, err = sock:recv(1)
  expect.eq(err, "EAGAIN")
end)

for era, whole in pairs{ post = true, linux = false } do
  test("fragments that overlap: " .. era, { eras = { era } }, function(box)
    local sock = box:udp(53)
    datagram(box, { id = 7, fragment = 32, order = { 1 } })
    datagram(box, { id = 7, fragment = 24, order = { 2, 3 } })
    local data, err = sock:recv(1)
    expect.eq({ data, err ~= nil }, whole and { DATA, true } or { nil, true })
  end)
end

-- RFC 792: the sender learns that the time is over, if the first fragment has come. It is not told of an ICMP error.
-- On Linux nobody is told of what has not come from a wire.
local function from_afar(box, more)
  local packet = { proto = "udp", src = "192.168.1.20", dst = "192.168.1.5", sport = 1000, dport = 53, payload = DATA,
    id = 7, at = "PHYSICAL_IN:before", fragment = 32 }
  for name, value in pairs(more) do
    packet[name] = value or nil
  end
  box:inject(packet)
end

for era, seconds in pairs{ post = 60, snv_116 = 60, illumos = 60, linux = 30 } do
  test("who sent it is told when the time is over: " .. era, { eras = { era } }, function(box)
    from_afar(box, { order = { 1, 3 } })
    box:sleep(seconds - 1)
    expect.eq(box:packets("PHYSICAL_OUT:before"), {})
    box:sleep(1)
    local sent = box:packets("PHYSICAL_OUT:before")
    expect.eq(#sent, 1)
    expect.eq({ sent[1].dst, sent[1].type, sent[1].code }, { "192.168.1.20", 11, 1 })
    expect.eq(#sent[1].bytes, 20 + 8 + 20 + 32) -- the first fragment is quoted whole
  end)
end

for name, more in pairs{ ["the first is missing"] = { order = { 2, 3 } }, ["an ICMP error"] = { proto = "icmp",
  sport = false, dport = false, type = 3, code = 3, order = { 1 } } } do
  test("who sent it is not told: " .. name, ALL, function(box)
    from_afar(box, more)
    box:sleep(61)
    expect.eq(box:packets("PHYSICAL_OUT:before"), {})
  end)
end

for era, told in pairs{ post = { 11 }, snv_116 = { 11 }, illumos = { 11 }, linux = {} } do
  test("one's own is told on Solaris only: " .. era, { eras = { era } }, function(box)
    datagram(box, { id = 7, fragment = 32, order = { 1, 3 } })
    box:sleep(61)
    local types = {}
    for _, packet in ipairs(box:packets("LOOPBACK_OUT:before")) do
      if packet.proto == "icmp" then types[#types + 1] = packet.type end
    end
    expect.eq(types, told)
  end)
end
