-- State is asked before the rules. The SYN of a connection that `pass out ... keep state` has begun
-- is known at LOOPBACK_IN, a moment later: the block there is never consulted.

local RULES = [[
  pass out quick on lo0 proto tcp from any to any flags S keep state
  block return-rst in on lo0 proto tcp from any to any port = 22
]]

test("a block behind keep state is never consulted", function(box)
  box:filter(RULES)
  box:spawn("sshd", function() box:listen(22):accept() end)

  expect.ok(box:connect("127.0.0.1", 22))

  expect.eq(box:counters().inbound.block, 0)
end)

test("without keep state the block answers", function(box)
  box:filter((RULES:gsub(" keep state", "")))
  box:spawn("sshd", function() box:listen(22):accept() end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ECONNREFUSED")
end)

test("new rules forget what was kept", function(box)
  box:fusion(false)
  box:filter(RULES)
  box:spawn("sshd", function() expect.eq(box:listen(22):accept():recv(), nil) end)
  local sock = box:connect("127.0.0.1", 22)

  box:filter("block in on lo0 all")
  expect.eq(sock:send("lost on the way"), 15)

  box:sleep(0.1)
  expect.eq(box:counters().inbound.block, 1)
end)
