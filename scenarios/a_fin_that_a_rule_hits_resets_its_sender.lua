-- A FIN becomes a RST for the one who sent it; the peer is left behind, half open.

test("a FIN that a rule hits gives its sender ECONNRESET", function(box)
  box:spawn("sshd", function()
    local conn = box:listen(22):accept()
    conn:recv() -- waits for ever: no FIN, no RST reaches the server
  end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22 flags F/F")

  sock:shutdown()
  local data, err = sock:recv()

  expect.eq(data, nil)
  expect.eq(err, "ECONNRESET")
  expect.eq(sock:recv(), "")
  local sent, send_err = sock:send("x")
  expect.eq(sent, nil)
  expect.eq(send_err, "EPIPE")
end)
