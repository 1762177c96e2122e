-- A rule that only blocks answers nobody: no mode and no fix changes that.

test("plain block lets connect time out", { modes = { "inject", "rewrite" } }, function(box)
  box:filter("block in on lo0 proto tcp from any to any port = 22")

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
  box:expect_packets("lo0", {})
end)
