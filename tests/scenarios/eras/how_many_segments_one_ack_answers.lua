-- SPDX-License-Identifier: BSD-3-Clause
--
-- When a receiver that says nothing itself acknowledges data: after how many full segments, and what short
-- ones change (tcp_rput_data(): tcp_rack_cnt, tcp_rack_cur_max; Linux: __tcp_ack_snd_check()).

local SOLARIS = { "post", "snv_116", "illumos" }
local LOOPBACK, WIRE = "127.0.0.1", "192.168.1.20" -- where the sender is
local FULL = { [LOOPBACK] = 8192 - 12, [WIRE] = 1460 - 12 } -- the time stamps take 12 bytes

-- A connection to the box, whose receiver has room for eight segments of 8,180 bytes.
-- => Its two ends, and a function: when the receiver has sent something since the last call.
local function connected(box, address)
  local listener, times = box:socket("tcp"), {}
  local sender = address == WIRE and box:remote(WIRE, { rate = 0 }) or box
  box:fusion(false)
  listener:set{ rcvbuf = 65535 }
  listener:bind("0.0.0.0", 7777)
  listener:listen()
  local client = sender:connect(address == WIRE and "192.168.1.5" or address, 7777)
  client:set{ nodelay = true, sndbuf = 65536 }
  local server = listener:accept()
  box:settle()
  box:hook(address == WIRE and "PHYSICAL_OUT" or "LOOPBACK_OUT", function(p)
    if p.sport == 7777 then times[#times + 1] = box:now() end
  end)
  return client, server, function()
    local since = times
    times = {}
    return since
  end
end

local function take(server, bytes)
  while bytes > 0 do bytes = bytes - #server:recv() end
end

-- How many full segments each of ten ACKs answers, if they come a millisecond apart.
local function answered(box, address)
  local client, server, acked = connected(box, address)
  local counts = {}
  for i = 1, 10 do
    counts[i] = 0
    repeat
      counts[i] = counts[i] + 1
      client:send(("x"):rep(FULL[address]))
      box:sleep(0.001)
    until #acked() > 0
    take(server, counts[i] * FULL[address])
    box:sleep(0.001)
    acked() -- that the window is open again
  end
  return counts
end

test("on loopback it is one segment more each time, up to eight", { eras = SOLARIS }, function(box)
  expect.eq(answered(box, LOOPBACK), { 1, 2, 3, 4, 5, 6, 7, 8, 8, 8 })
end)

test("on a wire it is two", { eras = SOLARIS }, function(box)
  expect.eq(answered(box, WIRE), { 1, 2, 2, 2, 2, 2, 2, 2, 2, 2 })
end)

test("Linux acknowledges each segment while its application only receives", { eras = { "linux" } }, function(box)
  expect.eq(answered(box, WIRE), { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })
end)

-- Rows: what is sent, in units of a full segment and bytes; when it is acknowledged. Three segments may wait.
local SECOND = { 0.001 }
local LATE = { 0.05 } -- of the first segment
local rows = {
  { "a short one after a short one", { 100, 100 }, SECOND },
  { "a short one after a full one", { FULL[LOOPBACK], 100 }, LATE },
  { "a full one after a short one", { 100, FULL[LOOPBACK] }, LATE },
  { "a full one after a full one", { FULL[LOOPBACK], FULL[LOOPBACK] }, LATE },
  { "a byte less than full after one", { FULL[LOOPBACK] - 1, FULL[LOOPBACK] - 1 }, SECOND },
  { "a byte less than full after a full one", { FULL[LOOPBACK], FULL[LOOPBACK] - 1 }, LATE },
  { "a full one after a byte less", { FULL[LOOPBACK] - 1, FULL[LOOPBACK] }, LATE },
}
for _, row in ipairs(rows) do
  test("what waits is acknowledged when another comes: " .. row[1], { eras = SOLARIS }, function(box)
    local client, server, acked = connected(box, LOOPBACK)
    for _ = 1, 3 do
      client:send(("x"):rep(FULL[LOOPBACK]))
      box:sleep(0.001)
    end
    box:sleep(1)
    take(server, 3 * FULL[LOOPBACK])
    box:settle()
    acked()
    local from = box:now()
    for _, bytes in ipairs(row[2]) do
      client:send(("x"):rep(bytes))
      box:sleep(0.001)
    end
    box:sleep(1)
    local times = acked()
    for i = 1, #times do times[i] = times[i] - from end
    expect.near(times[1], row[3][1], 1e-6)
    expect.eq(#times, 1)
  end)
end

-- Rows: what is sent after a segment that is not acknowledged yet; whether Nagle's algorithm holds it back.
local nagle = { { 1, true }, { -1, true }, { 0, false } }
for _, where in ipairs({ LOOPBACK, WIRE }) do
  for _, row in ipairs(nagle) do
    local bytes = row[1] > 0 and row[1] or FULL[where] + row[1]
    test(("%d bytes after a segment go at once or wait, from %s"):format(bytes, where),
         { eras = { "post", "linux" } }, function(box)
      local client, server = connected(box, where)
      client:set{ nodelay = false }
      box:hook(where == WIRE and "PHYSICAL_OUT" or "LOOPBACK_IN", function(p)
        if p.sport == 7777 then return "eat" end
      end)
      client:send("x")
      box:sleep(0.001)
      client:send(("x"):rep(bytes))
      box:sleep(0.001)
      expect.eq(#server:recv(), row[2] and 1 or 1 + bytes)
      client:send("x") -- it makes a full one of one byte less; else it waits
      box:sleep(0.001)
      expect.eq(#(server:recv(FULL[where], 0) or ""), row[1] == -1 and FULL[where] or 0)
    end)
  end
end

for count = 1, 8 do
  test(("%d full segments are not held back, though they wait for ACKs"):format(count), { eras = SOLARIS }, function(box)
    local client, server = connected(box, LOOPBACK)
    client:set{ nodelay = false }
    client:send(("x"):rep(count * FULL[LOOPBACK]))
    box:sleep(0.001)
    expect.eq(#server:recv(), count * FULL[LOOPBACK])
  end)
end
