-- Before the fix the reply has no way out, and no fault gives it one.
test("before the fix nobody answers", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:reply_mode("inject")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
end)
