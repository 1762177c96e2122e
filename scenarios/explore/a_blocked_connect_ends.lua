-- The same, without an opinion: what comes of it is counted.
test("a blocked connect ends", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:connect("127.0.0.1", 22)
end)
