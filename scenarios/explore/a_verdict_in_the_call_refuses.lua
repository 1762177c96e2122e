-- The post's first option: the verdict goes back to the call. It does as long as the SYN that is
-- blocked is sent by the call.
test("a verdict that goes back to the call refuses", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:reply_mode("errno")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
end)
