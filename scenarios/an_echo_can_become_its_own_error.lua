-- return-icmp on an echo request: the request itself becomes the error that answers it.

for code, errno in pairs({ ["port-unr"] = "ECONNREFUSED", ["host-unr"] = "EHOSTUNREACH",
  ["net-unr"] = "ENETUNREACH" }) do
  test("return-icmp(" .. code .. ")", function(box)
    box:filter("block return-icmp(" .. code .. ") in on lo0 proto icmp from any to any icmp-type echo")

    local seconds, err = box:ping("127.0.0.1")

    expect.eq(seconds, nil)
    expect.eq(err, errno)
    expect.eq(box:now(), 0)
    box:expect_packets("lo0", { "127.0.0.1 > 127.0.0.1 icmp unreach " .. code })
  end)
end

test("an ICMP error that a rule hits is turned into an error, too", function(box)
  -- fr_make_icmp knows no "do not answer an error". So the socket is told by an error about an error,
  -- which quotes no datagram of its own: it never learns.
  box:filter("block return-icmp(port-unr) in on lo0 proto icmp from any to any icmp-type unreach")
  local sock = box:udp()
  sock:connect("127.0.0.1", 7)
  sock:send("question")
  local _, err = sock:recv(1)
  expect.eq(err, "EAGAIN")
  expect.eq(box:counters().inbound.return_sent, 1)
  box:expect_packets("lo0", {
    "127.0.0.1.* > 127.0.0.1.7 udp 8 bytes",
    "127.0.0.1 > 127.0.0.1 icmp unreach port-unr",
  })
end)
