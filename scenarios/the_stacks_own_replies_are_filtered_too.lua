-- The stack's own RST and ICMP unreachable are packets like others: each makes a full pass through
-- both hooks, and a rule can stop it there. A rewritten packet makes none: it is the one that came.

local function passes(box)
  local seen = {}
  for _, event in ipairs({ "LOOPBACK_OUT", "LOOPBACK_IN" }) do
    box:hook(event, function(packet)
      local what = packet.proto == "tcp" and packet.flags or packet.proto
      seen[#seen + 1] = what .. " at " .. event
    end, { hint = "FIRST" })
  end
  return seen
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  local icmp = address == "::1" and "icmp6" or "icmp"

  test("the RST for no listener passes out and in: " .. address, function(box)
    local seen = passes(box)
    box:connect(address, 22)
    expect.eq(seen, { "S at LOOPBACK_OUT", "S at LOOPBACK_IN", "R. at LOOPBACK_OUT", "R. at LOOPBACK_IN" })
  end)

  test("the RST of a rewrite does not: " .. address, function(box)
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
    local seen = passes(box)
    box:connect(address, 22)
    expect.eq(seen, { "S at LOOPBACK_OUT", "S at LOOPBACK_IN" })
  end)

  test("so does the port unreachable: " .. address, function(box)
    local seen = passes(box)
    box:udp():sendto("question", address, 7)
    box:sleep(1)
    expect.eq(seen, { "udp at LOOPBACK_OUT", "udp at LOOPBACK_IN",
      icmp .. " at LOOPBACK_OUT", icmp .. " at LOOPBACK_IN" })
  end)

  for _, dir in ipairs({ "in", "out" }) do
    test("a rule stops the RST " .. dir .. ": " .. address, function(box)
      box:filter("block " .. dir .. " on lo0 proto tcp from any port = 22 to any flags R/R")
      local _, err = box:connect(address, 22)
      expect.eq(err, "ETIMEDOUT")
      expect.eq(box:counters().resets_sent, 4)
    end)

    test("a rule stops the unreachable " .. dir .. ": " .. address, function(box)
      box:filter("block " .. dir .. " on lo0 proto "
        .. (icmp == "icmp6" and "ipv6-icmp" or "icmp") .. " from any to any")
      local sock = box:udp()
      sock:connect(address, 7)
      sock:send("question")
      local _, err = sock:recv(1)
      expect.eq(err, "EAGAIN")
      expect.eq(box:counters().icmp_sent, 1)
    end)
  end
end
