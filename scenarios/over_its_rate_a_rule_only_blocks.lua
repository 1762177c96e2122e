-- `pps N`: what is over the rate is blocked and not answered. Of two clients in one second the first
-- is refused and the second hangs until its next SYN.

test("one is answered in a second, the other waits", { eras = { "post", "illumos" } }, function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22 pps 1")
  local _, first = box:connect("127.0.0.1", 22)
  expect.eq({ first, box:now() }, { "ECONNREFUSED", 0 })
  local _, second = box:connect("127.0.0.1", 22)
  expect.eq(second, "ECONNREFUSED")
  expect.ok(box:now() > 1)
  expect.eq(box:counters().inbound.block, 3)
  expect.eq(box:counters().inbound.return_sent, 2)
end)
