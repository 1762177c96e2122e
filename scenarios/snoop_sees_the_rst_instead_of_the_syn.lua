-- The side effect of the fix: snoop looks after the LOOPBACK_IN hook, where the SYN is a RST
-- already. The hooks see the SYN.

test("snoop sees the RST, and never the SYN", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:connect("127.0.0.1", 22)

  box:expect_packets("LOOPBACK_OUT:before", { "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)" })
  box:expect_packets("LOOPBACK_IN:before", { "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)" })
  box:expect_packets("LOOPBACK_IN:after", { "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1" })
  box:expect_packets("lo0", { "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1" })
end)

test("the RST keeps the SYN's window and options", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:connect("127.0.0.1", 22)

  box:expect_packets("lo0", {
    "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1 win 49152 "
      .. "<mss 8192,nop,nop,TS val 0 ecr 0,nop,wscale 0,nop,nop,sackOK>",
  })
end)
