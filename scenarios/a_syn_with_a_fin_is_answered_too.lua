-- fr_make_rst asks for SYN or FIN, and for nothing else: SYN|FIN, which is no sane segment, and SYN|RST
-- are turned like a SYN. ack is seq + 1 for all of them.

for _, flags in ipairs({ "SF", "SR", "SFP" }) do
  test(flags .. " becomes a RST|ACK", function(box)
    box:hook("LOOPBACK_OUT", function(packet)
      if packet.flags == "S" then packet.flags = flags end
    end, { hint = "LAST" })
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
    local _, err = box:connect("127.0.0.1", 22)
    expect.eq(err, "ECONNREFUSED")
    box:expect_packets("lo0", { "127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1" })
  end)
end
