-- After the handshake each era has its times, too: when data is sent again, when it is acknowledged, when a connection
-- that is closed, idle or stuck ends.

local ERAS = { "post", "snv_116", "illumos", "linux" }

local function eat(box, from, to)
  return box:hook("LOOPBACK_OUT", function(packet)
    if packet.sport == from or packet.dport == to then
      return "eat"
    end
  end)
end

-- Both ends of a connection to port 7777.
local function connected(box)
  box:fusion(false)
  local listener = box:listen(7777)
  local client = box:connect("127.0.0.1", 7777)
  local server = listener:accept()
  box:settle()
  return client, server, listener
end

-- When segments that `wanted` wants leave from now on.
local function times_of(box, wanted)
  local times = {}
  box:hook("LOOPBACK_OUT", function(packet)
    if wanted(packet) then
      times[#times + 1] = box:now()
    end
  end, { hint = "FIRST" })
  return times
end

for _, era in ipairs(ERAS) do
  local linux = era == "linux"

  test("data again: " .. era, { eras = { era } }, function(box)
    local client = connected(box)
    local times = times_of(box, function(packet) return #packet.payload > 0 end)
    eat(box, nil, 7777)
    client:send("hello")
    box:sleep(30)
    if linux then
      expect.eq(times, { 0, 0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4 })
    else
      expect.eq(times, { 0, 0.4, 1.2, 2.8, 6, 12.4, 25.2 })
    end
  end)

  test("SYN|ACK again: " .. era, { eras = { era } }, function(box)
    local times = times_of(box, function(packet) return packet.flags == "S." end)
    eat(box, 7777, nil)
    box:listen(7777)
    box:connect("127.0.0.1", 7777, { wait = false }):abort()
    box:sleep(300)
    local expected = {
      post = { 0, 3.375, 10.125, 23.625 },
      snv_116 = { 0, 3.375, 10.125, 23.625, 50.625, 104.625, 164.625 },
      illumos = { 0, 1.125, 3.375, 7.875, 16.875, 34.875, 70.875, 130.875 },
      linux = { 0, 1, 3, 7, 15, 31 },
    }
    expect.eq(times, expected[era])
    expect.eq(#box:endpoints(), 1) -- the listener
  end)

  test("a delayed ACK on one's own host: " .. era, { eras = { era } }, function(box)
    local client, server = connected(box)
    server:send("who?") -- Linux delays the ACK of who answers
    client:recv()
    client:send("I")
    server:recv()
    client:send("am")
    box:sleep(1)
    local times = times_of(box, function(packet) return packet.dport == 7777 and packet.flags == "." end)
    server:send("what?")
    box:sleep(1)
    expect.eq(times, { linux and 1.04 or 1.05 })
  end)

  test("FIN_WAIT_2 of a closed socket: " .. era, { eras = { era } }, function(box)
    local client = connected(box)
    client:close()
    box:settle()
    local seconds = (era == "illumos" or linux) and 60 or 675
    box:sleep(seconds - 0.001)
    expect.eq(#box:endpoints(), 3)
    box:sleep(0.001)
    expect.eq(#box:endpoints(), 2)
  end)

  test("TIME_WAIT: " .. era, { eras = { era } }, function(box)
    local client, server, listener = connected(box)
    client:close()
    server:recv()
    server:close()
    listener:close()
    box:sleep(59.999)
    expect.eq(box:endpoints()[1].state, "TIME_WAIT")
    box:sleep(0.001)
    expect.eq(#box:endpoints(), 0)
  end)

  test("keepalive: " .. era, { eras = { era } }, function(box)
    local client = connected(box)
    local times = times_of(box, function(packet) return packet.dport == 7777 end)
    client:set{ keepalive = true }
    eat(box, nil, 7777)
    local _, err = client:recv()
    expect.eq(err, "ETIMEDOUT")
    if linux then
      expect.eq(#times, 10) -- nine probes and a RST
      expect.eq({ times[1], times[2], times[9], times[10] }, { 7200, 7275, 7800, 7875 })
    else
      expect.eq({ times[1], times[2], times[3] }, { 7200, 7200.4, 7201.2 })
      expect.eq(box:now(), 7200 + 522) -- the first that is more than 8 minutes later
    end
  end)

  test("a window that stays closed is probed: " .. era, { eras = { era } }, function(box)
    local client, server = connected(box)
    server:set{ rcvbuf = 2048 }
    box:spawn("sender", function() client:send(("x"):rep(49080 + 1000)) end)
    box:settle()
    local times = times_of(box, function(packet) return packet.dport == 7777 end)
    box:sleep(20)
    if linux then
      expect.eq(times, { 0.2, 0.6, 1.4, 3, 6.2, 12.6 })
    else
      expect.eq(times, { 0.4, 0.85, 1.65, 3.25, 6.45, 12.85 }) -- the first sends what still fits
    end
    local got = 0
    while got < 49080 + 1000 do
      got = got + #server:recv()
    end
    expect.ok(box:now() < 30)
  end)
end
