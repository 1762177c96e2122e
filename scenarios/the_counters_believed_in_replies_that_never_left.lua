-- Before the fix. net_inject returns 1 when it finds no way out, and fr_fastroute takes only values
-- below 0 for a failure: each reply was counted as sent. Whether an ICMP error was sent nobody even
-- asked. Only IP's own counter knew: what has no route is an output discard.

local INJECT = { modes = { "inject" } }

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("RSTs to " .. address, INJECT, function(box)
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
    box:connect(address, 22)
    local c = box:counters()
    expect.eq(c.outbound.return_sent, 4)
    expect.eq({ c.fastroute_successes, c.fastroute_failures }, { 4, 0 })
    expect.eq(c.out_discards, 4)
    expect.match(box:ipfstat(), "TCP RSTs sent:\t4\n")
  end)

  test("ICMP errors to " .. address, INJECT, function(box)
    box:filter("block return-icmp(port-unr) in on lo0 proto udp from any to any port = 7")
    local sock = box:udp()
    sock:connect(address, 7)
    sock:send("question")
    local _, err = sock:recv(1)
    expect.eq(err, "EAGAIN")
    local c = box:counters()
    expect.eq(c.inbound.return_sent, 1)
    expect.eq({ c.fastroute_successes, c.fastroute_failures }, { 1, 0 })
    expect.eq(c.out_discards, 1)
  end)
end

test("an ICMP error that is not even built is counted", INJECT, function(box)
  -- A reply to an ICMP message that is no query is refused by fr_send_icmp_err.
  box:filter("block return-icmp in on lo0 proto icmp from any to any icmp-type echorep")
  box:ping("127.0.0.1", { timeout = 1 })
  local c = box:counters()
  expect.eq(c.inbound.return_sent, 1)
  expect.eq({ c.fastroute_successes, c.fastroute_failures }, { 0, 0 })
end)
