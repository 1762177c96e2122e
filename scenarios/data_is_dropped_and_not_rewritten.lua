-- fr_make_rst takes SYN and FIN only. A rule that arrives on an established connection eats its
-- data; nobody is reset.

test("a data segment that a rule hits is dropped", function(box)
  box:fusion(false) -- else the data goes past IP, and past the rule
  local server = box:spawn("sshd", function()
    local conn = box:listen(22):accept()
    expect.eq(conn:recv(), "after")
  end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")

  expect.eq(sock:send("after"), 5)
  box:sleep(1)
  expect.eq(box:counters().inbound.return_sent, 0)

  box:filter("") -- lwIP sends it again
  server:join()
  expect.ok(box:now() > 1)
end)
