-- SPDX-License-Identifier: BSD-3-Clause
--
-- A SYN that finds a connection in TIME_WAIT opens a new one if it is younger: by its number, or by its time
-- stamp if the connection had time stamps (RFC 6191).

local PEER = "192.168.1.77"

local function sum16(bytes)
  local sum = 0
  for i = 1, #bytes, 2 do
    sum = sum + (bytes:byte(i) << 8) + (bytes:byte(i + 1) or 0)
  end
  while sum > 0xffff do sum = (sum & 0xffff) + (sum >> 16) end
  return ~sum & 0xffff
end

-- An IPv4 packet of TCP, from the peer's port 4000 to 80.
local function segment(flags, seq, ack, options)
  local ends = string.pack(">BBBBBBBB", 192, 168, 1, 77, 192, 168, 1, 5)
  local length = 20 + #options
  local function tcp(sum)
    return string.pack(">I2I2I4I4BBI2I2I2", 4000, 80, seq & 0xffffffff, ack, length * 4, flags, 49152, sum, 0) .. options
  end
  local sum = sum16(ends .. string.pack(">BBI2", 0, 6, length) .. tcp(0))
  local function ip(s) return string.pack(">BBI2I4BBI2", 0x45, 0, 20 + length, 0, 64, 6, s) .. ends end
  return ip(sum16(ip(0))) .. tcp(sum)
end

local SYN, ACK, FIN = 2, 16, 1
local function stamp(value) return string.pack(">BBBBI4I4", 1, 1, 8, 10, value, 0) end

-- Rows: the time stamps of the connection, or nil; by how much the new SYN's number is after the next one, and
-- its time stamp, or nil; whether it opens.
local rows = {
  { nil, -500, nil, false }, { nil, -500, 100, false }, { nil, 0, 100, false }, { nil, 1, nil, true }, { nil, 1, 100, true },
  { 50, -500, nil, false }, { 50, -500, 50, false }, { 50, -500, 51, true }, { 50, -500, 49, false }, { 50, 1, 49, true },
}
for i, row in ipairs(rows) do
  local old, after, new, opens = row[1], row[2], row[3], row[4]
  test(("row %d: time stamps %s, then %s, %d after"):format(i, old, new, after), { eras = { "linux" } }, function(box)
    box:remote("192.168.1.20") -- for the wire
    local listener, said = box:listen(80), {}
    box:hook("PHYSICAL_OUT", function(p)
      if p.dst == PEER then said[#said + 1] = { p.flags, p.seq } end
    end)
    local function put(flags, seq, ack, value)
      box:inject{ bytes = segment(flags, seq, ack, value and stamp(value) or ""), at = "PHYSICAL_IN:before" }
      box:settle()
    end
    put(SYN, 1000, 0, old)
    local isn = said[1][2]
    put(ACK, 1001, isn + 1, old)
    local server = listener:accept(0)
    server:shutdown()
    put(FIN | ACK, 1001, isn + 2, old)
    server:close()
    said = {}
    put(SYN, 1002 + after, 0, new)
    expect.eq(said[1][1], opens and "S." or ".")
  end)
end
