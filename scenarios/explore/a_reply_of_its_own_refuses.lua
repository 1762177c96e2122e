-- The post's second option: a reply of the filter's own, which passes both hooks.
test("a reply of its own refuses", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:reply_mode("netinfo")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
end)
