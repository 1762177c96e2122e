-- A firewall that turns a SYN around and forgets the ports: its RST comes from a port that nobody
-- called and goes to one where nobody called from. It finds no endpoint, and connect() hangs.

local function turn(packet, ports)
  packet.src, packet.dst = packet.dst, packet.src
  if ports then packet.sport, packet.dport = packet.dport, packet.sport end
  packet.seq, packet.ack = packet.ack, packet.seq + 1
  packet.flags = "R."
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  for _, listening in ipairs({ true, false }) do
    test("wrong ports, " .. (listening and "with" or "without") .. " a listener: " .. address,
      function(box)
        if listening then box:listen(22) end
        box:hook("LOOPBACK_IN", function(packet)
          if packet.dport == 22 and packet.flags == "S" then turn(packet, false) end
        end)
        local _, err = box:connect(address, 22)
        expect.eq(err, "ETIMEDOUT")
        expect.eq(box:counters().resets_sent, 0) -- a RST is never answered
      end)
  end

  test("right ports: " .. address, function(box)
    box:hook("LOOPBACK_IN", function(packet)
      if packet.dport == 22 and packet.flags == "S" then turn(packet, true) end
    end)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
  end)
end
