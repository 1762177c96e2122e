-- SPDX-License-Identifier: BSD-3-Clause
--
-- Packets that a script makes: their fields, their checksums, their fragments, and where they go in.

-- What is received of a datagram that is injected with these fields; nil: nothing.
local function received(box, fields)
  local udp = box:udp(53, fields.dst or "127.0.0.1")
  fields.proto, fields.src, fields.dst = "udp", fields.src or "127.0.0.1", fields.dst or "127.0.0.1"
  fields.sport, fields.dport, fields.payload = 1000, 53, fields.payload or "data"
  box:inject(fields)
  box:settle()
  local data, from, port = udp:recv(0)
  udp:close()
  if data then
    expect.eq({ from, port }, { fields.src, 1000 })
  end
  return data
end

-- Rows: the checksum, and whether the datagram is taken, over IPv4 and IPv6.
local sums = { { nil, "data", "data" }, { "right", "data", "data" }, { "wrong" }, { "wrong ip" } }
for _, row in ipairs(sums) do
  test("a datagram whose checksum is " .. tostring(row[1]), function(box)
    expect.eq(received(box, { checksum = row[1] }), row[2])
    if row[1] == "wrong ip" then
      expect.error(function() received(box, { checksum = row[1], src = "::1", dst = "::1" }) end,
        "box:inject: IPv6's header has no checksum to be wrong")
    else
      expect.eq(received(box, { checksum = row[1], src = "::1", dst = "::1" }), row[3])
    end
  end)
end

-- The bytes that each checksum spoils are its own alone.
test("a wrong checksum is all that is wrong", function(box)
  local function bytes(fields)
    fields.src = fields.src or "127.0.0.1"
    fields.dst = fields.src
    box:inject(fields)
    box:settle()
    return box:packets("LOOPBACK_OUT:before")[1].bytes
  end
  -- Rows: the protocol, the source, and the place of its checksum.
  local rows = { { "tcp", "127.0.0.1", 36 }, { "udp", "127.0.0.1", 26 }, { "icmp", "127.0.0.1", 22 },
    { "tcp", "::1", 56 }, { "udp", "::1", 46 }, { "icmp", "::1", 42 } }
  for _, row in ipairs(rows) do
    local function made(checksum)
      return bytes({ proto = row[1], src = row[2], id = row[2] == "127.0.0.1" and 7 or nil, checksum = checksum })
    end
    local right, wrong = made("right"), made("wrong")
    for i = 1, #right do
      expect.eq(right:byte(i) == wrong:byte(i), i ~= row[3] + 1, row[1] .. " " .. row[2] .. " " .. i)
    end
    expect.eq(right:byte(row[3] + 1) ~ wrong:byte(row[3] + 1), 0xff)
    if row[2] == "127.0.0.1" then
      wrong = made("wrong ip")
      for i = 1, #right do
        expect.eq(right:byte(i) == wrong:byte(i), i ~= 11)
      end
    end
  end
end)

-- What no field says: an empty packet of each protocol.
test("a packet without fields", function(box)
  local function seen(fields)
    box:inject(fields)
    box:settle()
    local p = box:packets("LOOPBACK_OUT:before")[1]
    return p
  end
  local tcp = seen({ src = "127.0.0.1", dst = "127.0.0.1" })
  expect.eq({ tcp.proto, tcp.ttl, tcp.flags, tcp.seq, tcp.ack, tcp.win, #tcp.bytes }, { "tcp", 64, "none", 0, 0, 0, 40 })
  local udp = seen({ proto = "udp", src = "::1", dst = "::1" })
  expect.eq({ udp.proto, udp.ttl, udp.sport, udp.dport, udp.payload, #udp.bytes }, { "udp", 64, 0, 0, "", 48 })
  local icmp = seen({ proto = "icmp", src = "127.0.0.1", dst = "127.0.0.1", type = 8 })
  expect.eq({ icmp.proto, icmp.ttl, icmp.type, icmp.code, #icmp.bytes }, { "icmp", 64, 8, 0, 28 })
  local icmp6 = seen({ proto = "icmp", src = "::1", dst = "::1", type = 128 })
  expect.eq({ icmp6.bytes:byte(7), #icmp6.bytes }, { 58, 48 })
end)

-- Rows: the size of fragments, their order, the offsets that are seen, and what is received.
local text = ("0123456789"):rep(10)
local pieces = {
  { 40, nil, { 0, 40, 80 }, text },
  { 40, { 1, 2, 3 }, { 0, 40, 80 }, text },
  { 40, { 3, 1, 2 }, { 80, 0, 40 }, text },
  { 40, { 1, 1, 2, 3 }, { 0, 0, 40, 80 }, text },
  { 40, { 1, 3 }, { 0, 80 } },
  { 40, { 2 }, { 40 } },
  { 56, nil, { 0, 56 }, text },
  { 104, nil, { 0, 104 }, text },
  { 112, nil, { 0 }, text },
  { 65528, nil, { 0 }, text },
  { 8, { 1, 14 }, { 0, 104 } },
}
for i, row in ipairs(pieces) do
  test("fragments " .. i, function(box)
    expect.eq(received(box, { payload = text, fragment = row[1], order = row[2] }), row[4])
    local offsets, more = {}, {}
    for n, p in ipairs(box:packets("LOOPBACK_OUT:before")) do
      if p.bytes:byte(10) == 17 then
        local field = p.bytes:byte(7) * 256 + p.bytes:byte(8)
        offsets[#offsets + 1] = (field & 0x1fff) * 8
        more[#more + 1] = field & 0x2000 ~= 0
        expect.eq(p.bytes:byte(3) * 256 + p.bytes:byte(4), #p.bytes)
        expect.eq(#p.bytes, 20 + math.min(row[1], 108 - offsets[#offsets]))
      end
    end
    expect.eq(offsets, row[3])
    for n, offset in ipairs(offsets) do
      expect.eq(more[n], offset + row[1] < 108)
    end
  end)
end

test("what no fragments can be", function(box)
  local rows = {
    { { fragment = 8, order = {} }, "'order' is a list of fragments" },
    { { fragment = 8, order = { 1.5 } }, "'order' names fragments by their numbers, from 1" },
    { { fragment = 8, order = { 4 } }, "'order' names fragments by their numbers, from 1" },
    { { fragment = 8, order = { -1 } }, "'order' names fragments by their numbers, from 1" },
    { { fragment = 0 }, "'fragment' is a multiple of 8 bytes, up to 65528" },
    { { fragment = 7 }, "'fragment' is a multiple of 8 bytes, up to 65528" },
    { { fragment = 12 }, "'fragment' is a multiple of 8 bytes, up to 65528" },
    { { fragment = 65536 }, "'fragment' is a multiple of 8 bytes, up to 65528" },
    { { fragment = 8.5 }, "'fragment' is a multiple of 8 bytes, up to 65528" },
    { { fragment = 8, src = "::1", dst = "::1", order = {} }, "'fragment' is for IPv4" },
    { { order = {} }, "'order' needs 'fragment'" },
  }
  for _, row in ipairs(rows) do
    local fields = row[1]
    fields.src, fields.dst = fields.src or "127.0.0.1", fields.dst or "127.0.0.1"
    expect.error(function() box:inject(fields) end, "box:inject: " .. row[2])
  end
  box:inject({ src = "127.0.0.1", dst = "127.0.0.1", fragment = 8, order = { 3 } })
  expect.eq(#box:packets("LOOPBACK_OUT:before"), 1)
end)

-- Rows: where a packet goes in, and the stations of its way that it then passes.
local places = {
  { nil, { "LOOPBACK_OUT:before", "LOOPBACK_OUT:after", "LOOPBACK_IN:before", "LOOPBACK_IN:after" } },
  { "LOOPBACK_OUT:before", { "LOOPBACK_OUT:before", "LOOPBACK_OUT:after", "LOOPBACK_IN:before", "LOOPBACK_IN:after" } },
  { "LOOPBACK_OUT:after", { "LOOPBACK_IN:before", "LOOPBACK_IN:after" } },
  { "LOOPBACK_IN:before", { "LOOPBACK_IN:before", "LOOPBACK_IN:after" } },
  { "LOOPBACK_IN:after", {} },
}
for _, row in ipairs(places) do
  test("a packet that is put in at " .. (row[1] or "no place"), function(box)
    expect.eq(received(box, { at = row[1] }), "data")
    local passed = {}
    for _, tap in ipairs({ "LOOPBACK_OUT:before", "LOOPBACK_OUT:after", "LOOPBACK_IN:before", "LOOPBACK_IN:after" }) do
      if #box:packets(tap) > 0 then
        passed[#passed + 1] = tap
      end
    end
    expect.eq(passed, row[2])
  end)
end

test("where no packet can be put", function(box)
  local function at(place)
    return function() box:inject({ at = place, src = "127.0.0.1", dst = "127.0.0.1" }) end
  end
  expect.error(at("snoop"), "box:inject: at 'snoop' packets are seen, and none can be put there")
  expect.error(at("LOOPBACK"), "there is no tap 'LOOPBACK'")
  expect.error(at("wire"), "box:inject: no packet to this destination passes wire")
end)

-- A table says the words of --fault. Rows: the table, and its words; the last key is wrong, so that
-- the message shows them.
local faults = {
  { { "drop" }, "drop any" },
  { { "drop", packet = "SYN" }, "drop SYN" },
  { { "drop", packet = "SYN", nth = 2 }, "drop SYN 2" },
  { { "drop", nth = 2 }, "drop any 2" },
  { { "drop", packet = 3 }, "drop packet 3" },
  { { "drop", packet = 3.5 }, "drop packet 3.5" },
  { { "drop", packet = "a b" }, 'drop "a b"' },
  { { "drop", packet = "a\tb" }, 'drop "a\tb"' },
  { { "drop", packet = "" }, 'drop ""' },
  { { "delay", by = 0.25, at = "LOOPBACK_IN", host = "h" }, "delay any by 0.25 at LOOPBACK_IN on h" },
  { { "delay", by = 2 }, "delay any by 2" },
  { { "delay", by = 1 / 3 }, "delay any by 0.333333333" },
  { { "corrupt", bit = 7 }, "corrupt any bit 7" },
  { { "corrupt", field = "ttl", value = 1 }, "corrupt any field ttl 1" },
  { { "truncate", bytes = 20 }, "truncate any to 20" },
  { { "hooks off", packet = "SYN" }, "hooks off before SYN" },
  { { "hooks on" }, "hooks on before any" },
  { { "kill httpd", packet = "DATA", nth = 4 }, "kill httpd before DATA 4" },
  { { "rules", rules = "block in all", packet = "SYN" }, 'rules "block in all" before SYN' },
  { { "order 1 first 2" }, "order 1 first 2" },
  { { "fail allocation 3" }, "fail allocation 3" },
}
for i, row in ipairs(faults) do
  test("a fault as a table " .. i, function(box)
    row[1].chance = 2
    local ok, message = pcall(box.fault, box, row[1])
    expect.eq(ok, false)
    expect.ok(message:find("box:fault: '" .. row[2] .. " chance 2': ", 1, true), message)
  end)
end

test("faults of a table strike", function(box)
  box:fault({ "hooks off", packet = "UDP", nth = 2 })
  box:filter("set intercept_loopback true;\nblock in on lo0 proto udp all")
  local udp = box:udp(53)
  udp:sendto("1", "127.0.0.1", 53)
  expect.eq(select(2, udp:recv(0)), "EAGAIN")
  udp:sendto("2", "127.0.0.1", 53)
  expect.eq(udp:recv(0), "2")
end)
