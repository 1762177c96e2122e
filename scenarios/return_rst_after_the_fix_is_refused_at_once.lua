-- The fix. The SYN itself becomes the RST, in place, inside the LOOPBACK_IN hook, and goes on up
-- the stack, where it finds the client.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

test("telnet localhost 22 is refused at once", function(box)
  box:filter(SSH)
  box:spawn("sshd", function() box:listen(22):accept() end)

  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(sock, nil)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0)
  box:expect_packets("lo0", { "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1" })
end)

test("the rewritten packet counts as blocked and as an ICMP reply sent", function(box)
  box:filter(SSH)
  box:connect("127.0.0.1", 22)

  -- The loopback branch counts in the direction of the packet, and ipfstat prints that counter
  -- of the inbound side as "ICMP replies".
  local c = box:counters()
  expect.eq(c.inbound.block, 1)
  expect.eq(c.inbound.return_sent, 1)
  expect.eq(c.outbound.return_sent, 0)
end)
