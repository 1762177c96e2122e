-- `dup-to`, `to` and `fastroute`: what a rule sends to another interface leaves past all hooks. A
-- copy for somebody who looks on is harmless; a packet for the host itself that is sent away is lost.

test("dup-to: somebody else gets a copy", function(box)
  local ids = box:remote("192.168.1.20", { latency = 0.001 }):udp(7)
  box:filter([[
    pass in on e1000g0 dup-to e1000g0:192.168.1.20 proto udp from any to 192.168.1.5/32 port = 7
  ]])
  local server = box:udp(7)
  box:remote("192.168.1.30"):udp():sendto("question", "192.168.1.5", 7)

  expect.eq(server:recv(1), "question")
  expect.eq(ids:recv(0.1), nil) -- it is not its address: the copy ends in its IP
end)

test("to: a packet for oneself is lost", function(box)
  box:remote("192.168.1.20")
  box:filter("pass in on lo0 to e1000g0:192.168.1.20 proto udp from any to any port = 7")
  local server, client = box:udp(7), box:udp()

  client:sendto("question", "127.0.0.1", 7)

  local _, err = server:recv(1)
  expect.eq(err, "EAGAIN")
  expect.eq(box:counters().fastroute_successes, 1)
end)

test("fastroute finds no way to oneself, and counts it as one", function(box)
  box:filter("pass in fastroute on lo0 proto udp from any to any port = 7")
  local server, client = box:udp(7), box:udp()

  client:sendto("question", "127.0.0.1", 7)

  expect.eq(server:recv(1), nil)
  expect.eq(box:counters().fastroute_successes, 1)
  expect.eq(box:counters().out_discards, 1)
end)

test("an interface's own address and network", function(box)
  local near = box:remote("192.168.1.20")
  box:filter([[
    block return-rst in proto tcp from e1000g0/network to e1000g0/32 port = 22
    block return-rst in proto tcp from any to lo0/32 port = 80
  ]])
  box:listen(22)
  box:listen(80)

  local _, err = near:connect("192.168.1.5", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.ok(box:connect("127.0.0.1", 22))
  _, err = box:connect("127.0.0.1", 80)
  expect.eq(err, "ECONNREFUSED")
end)
