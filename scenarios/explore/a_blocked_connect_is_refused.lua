-- The fix: whatever happens to the packets, a connect under return-rst is refused, as long as one SYN
-- reaches the rule.
test("a blocked connect is refused", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
end)
