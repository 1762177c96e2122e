-- CR 6847298: each packet was delivered inside of the call that sent the one that caused it, and a
-- conversation that runs by itself ended the kernel's stack. Since then a packet is queued. Here the
-- nesting of snv_116 is reported as a depth, and nothing recurses.

local function bounce(box, times)
  local left = times
  -- Each RST for no listener becomes a SYN again, until it has been enough.
  box:hook("LOOPBACK_OUT", function(packet)
    if packet.flags == "R." and left > 0 then
      left = left - 1
      packet.flags = "S"
      packet.sport, packet.dport = 1000, 1001
    end
  end)
  box:connect("127.0.0.1", 22)
end

test("a handshake is nested three deep", { eras = { "snv_116" } }, function(box)
  box:fusion(false)
  box:listen(22)
  box:connect("127.0.0.1", 22)
  box:sleep(1)
  expect.eq(box:counters().depth_max, 3)
end)

test("packets that cause packets go ever deeper", { eras = { "snv_116" } }, function(box)
  bounce(box, 20)
  expect.eq(box:counters().depth_max, 22)
end)

test("queued, they do not", { eras = { "post", "illumos", "linux" } }, function(box)
  bounce(box, 20)
  expect.eq(box:counters().depth_max, 0)
  expect.ok(box:counters().loopback_packets > 20)
end)
