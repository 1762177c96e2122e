-- On the way out nothing is ever answered: the rule drops the SYN, fix or no fix.

test("return-rst on the way out only drops", { modes = { "inject", "rewrite" } }, function(box)
  box:filter("block return-rst out on lo0 proto tcp from any to any port = 22")

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
  local c = box:counters()
  expect.eq(c.outbound.block, 4)
  expect.eq(c.inbound.return_sent + c.outbound.return_sent, 0)
end)
