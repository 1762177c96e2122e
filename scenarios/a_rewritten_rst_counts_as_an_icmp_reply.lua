-- ipfstat prints the inbound counter of returns as "ICMP replies" and the outbound one as "TCP RSTs
-- sent". A RST that is sent counts outbound. One that a packet has become counts in the direction of
-- that packet, which is inbound: so it is reported as an ICMP reply.

local RULE = "block return-rst in proto tcp from any to any port = 22"

for _, row in ipairs({ { "127.0.0.1", "192.168.1.5" }, { "::1", "2001:db8::5" } }) do
  test("in place, on loopback: " .. row[1], { modes = { "rewrite" } }, function(box)
    box:filter(RULE)
    box:connect(row[1], 22)
    expect.eq(box:counters().inbound.return_sent, 1)
    expect.eq(box:counters().outbound.return_sent, 0)
    expect.match(box:ipfstat(), "ICMP replies:\t1\tTCP RSTs sent:\t0\n")
    expect.eq(box:counters().inbound.block, 1) -- though the packet goes on
    expect.eq(box:counters().inbound.pass, 0)
  end)

  test("sent, over the wire: " .. row[2], { modes = { "rewrite" } }, function(box)
    box:filter(RULE)
    box:remote("192.168.1.20"):connect(row[2], 22)
    expect.eq(box:counters().inbound.return_sent, 0)
    expect.eq(box:counters().outbound.return_sent, 1)
    expect.match(box:ipfstat(), "ICMP replies:\t0\tTCP RSTs sent:\t1\n")
  end)
end
