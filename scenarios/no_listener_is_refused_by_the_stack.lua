-- Nobody listens and no rule is loaded: the stack itself answers the SYN with a RST.

test("connect to a port without a listener is refused at once", function(box)
  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(sock, nil)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0)
  box:expect_packets("lo0", {
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0) win 49152",
    "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1 win 0 <>",
  })
end)
