-- A rule that hits the server's SYN|ACK: its RST goes to the server and kills the half-made
-- connection there. The client never hears of it; each further SYN fares the same.

test("return-rst on the SYN|ACK leaves the client waiting", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any port = 22 to any")
  box:spawn("sshd", function() box:listen(22):accept() end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
  local one_round = {
    "127.0.0.1.* > 127.0.0.1.22 S 0:0(0)",
    "127.0.0.1.* > 127.0.0.1.22 R. 1:1(0) ack 1",
  }
  local all = {}
  for _ = 1, 4 do
    for _, packet in ipairs(one_round) do all[#all + 1] = packet end
  end
  box:expect_packets("lo0", all)
end)
