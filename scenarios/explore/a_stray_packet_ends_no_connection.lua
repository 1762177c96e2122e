-- CR 6929403: a FIN outside of its connection's window, as the filter knows it, was answered by a RST,
-- and the connection that it strayed into ended.
test("a stray packet ends no connection", function(box)
  local got, client, server
  box:fusion(false)
  box:filter([[
    block return-rst in on lo0 proto tcp all
    pass in quick on lo0 proto tcp from any to any port = 8080 flags S keep state
  ]])
  box:hook("LOOPBACK_OUT", function(packet)
    if packet.flags == "S" then client = { port = packet.sport, seq = packet.seq } end
    if packet.flags == "S." then server = { seq = packet.seq } end
  end, { hint = "FIRST" })
  box:spawn("server", function() got = box:listen(8080):accept():recv(100) end)
  local sock = box:connect("127.0.0.1", 8080)
  box:inject{
    src = "127.0.0.1", dst = "127.0.0.1", sport = client.port, dport = 8080, flags = "F.",
    seq = (client.seq + 0x40000000) % 0x100000000, ack = (server.seq + 1) % 0x100000000, win = 1000,
  }
  sock:send("data")
  box:sleep(60)
  expect.eq(got, "data")
end)
