-- Reply mode `errno`: the verdict travels back to whoever is inside the call that sent the packet,
-- and means ECONNREFUSED there. It says nothing to a packet without a caller, and a plain block
-- stays what it was.

local ERRNO = { modes = { "errno" } }

test("connect returns from the call", ERRNO, function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0)
  box:expect_packets("lo0", {})
end)

test("return-icmp means it only with port-unr", ERRNO, function(box)
  box:filter("block return-icmp(port-unr) in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
  box:filter("block return-icmp in on lo0 proto tcp from any to any port = 22")
  _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30)
end)

test("a plain block says nothing", ERRNO, function(box)
  box:filter("block in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30)
end)

test("a datagram's send returns it", ERRNO, function(box)
  box:filter("block return-icmp(port-unr) in on lo0 proto udp from any to any port = 7")
  local _, err = box:udp():sendto("question", "127.0.0.1", 7)
  expect.eq(err, "ECONNREFUSED")
end)

test("a SYN that is sent again has no caller", ERRNO, function(box)
  -- The first SYN is lost before the filter sees it; those after it are a timer's, and nobody is in
  -- a call that could return.
  local lost = false
  box:hook("LOOPBACK_OUT", function()
    if not lost then
      lost = true
      return "eat"
    end
  end, { hint = "FIRST" })
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30)
  expect.eq(box:counters().inbound.block, 3)
end)

test("the server's SYN|ACK has none either", ERRNO, function(box)
  box:filter("block return-rst in on lo0 proto tcp from any port = 22 to any")
  box:listen(22)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
end)

-- Elsewhere in the era's ways, a hook's error may go up to the transport: TCP ignores it there.
test("what else a hook returned TCP ignores",
  { eras = { "post", "snv_116", "illumos", "linux" }, modes = { "errno" } }, function(box)
    for _, rule in ipairs({ "block out", "block return-icmp(net-unr) in" }) do
      box:filter(rule .. " on lo0 proto tcp from any to any port = 22")
      local _, err = box:connect("127.0.0.1", 22)
      expect.eq(err, "ETIMEDOUT")
    end
  end)
