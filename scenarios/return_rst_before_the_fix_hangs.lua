-- The fault. IP Filter eats the SYN and builds a RST; net_inject finds no way out to loopback,
-- and connect() waits until its timer runs out.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

test("telnet localhost 22 hangs until ETIMEDOUT", function(box)
  box:filter(SSH)
  box:reply_mode("inject")
  box:spawn("sshd", function() box:listen(22):accept() end)

  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(sock, nil)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
  box:expect_packets("LOOPBACK_IN:before", {
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)",
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)",
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)",
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)",
  })
  box:expect_packets("lo0", {})
end)

test("the counters claim that four RSTs were sent", function(box)
  box:filter(SSH)
  box:reply_mode("inject")
  box:connect("127.0.0.1", 22)

  local c = box:counters()
  expect.eq(c.inbound.block, 4)
  expect.eq(c.outbound.return_sent, 4)
  expect.eq(c.fastroute_successes, 4)
  expect.eq(c.out_discards, 4)
end)
