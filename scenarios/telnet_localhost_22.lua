-- The headline: whatever the era and the reply mode, nobody gets in; what differs is how long it
-- takes to learn so, and what snoop sees of it.
--
--   lo0sim compare scenarios/telnet_localhost_22.lua

test("telnet localhost 22", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:spawn("sshd", function() box:listen(22):accept() end)

  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(sock, nil)
  expect.ok(err == "ECONNREFUSED" or err == "ETIMEDOUT")
end)
