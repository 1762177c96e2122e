-- CR 6845913: in the build of the fix fr_make_icmp() looked at the wrong word for SYN and FIN, and
-- turned data into ICMP errors.
local RULE = "block return-icmp(port-unr) in on lo0 proto tcp from any to any port = 8080"

test("data is not answered by ICMP", function(box)
  local is_data, answered = false, 0
  box:fusion(false)
  box:filter("pass in on lo0 all")
  box:spawn("server", function() box:listen(8080):accept():recv(100) end)
  local sock = box:connect("127.0.0.1", 8080)
  box:filter(RULE)
  box:hook("LOOPBACK_IN", function(packet) is_data = packet.payload ~= "" end, { hint = "FIRST" })
  box:hook("LOOPBACK_IN", function(packet)
    if packet.proto == "icmp" and is_data then answered = answered + 1 end
  end, { hint = "LAST" })
  box:eventually("no data became an ICMP error", function() return answered == 0 end)
  sock:send("data")
  box:sleep(1)
end)
