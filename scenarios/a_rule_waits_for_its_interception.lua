-- A rules file is used unchanged. Without `set intercept_loopback true;` the loopback hooks
-- are not there, and a rule on lo0 does nothing.

test("without interception the rule does nothing", function(box)
  box:filter { file = "rules/without_intercept.conf" }
  box:spawn("sshd", function() box:listen(22):accept() end)

  local sock = box:connect("127.0.0.1", 22)

  expect.ok(sock)
  expect.eq(box:counters().inbound.block, 0)
end)

test("with interception it refuses", function(box)
  box:filter { file = "rules/with_intercept.conf" }
  box:spawn("sshd", function() box:listen(22):accept() end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0)
end)
