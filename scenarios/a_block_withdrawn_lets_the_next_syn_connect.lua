-- A plain block is withdrawn after the second SYN: the third connects.

test("the third SYN connects, at 10.125 s", function(box)
  box:filter("block in on lo0 proto tcp from any to any port = 22")
  box:spawn("sshd", function() box:listen(22):accept() end)
  box:spawn("admin", function()
    box:sleep(5)
    box:filter("")
  end)

  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(err, nil)
  expect.ok(sock)
  expect.eq(box:now(), 10.125)
end)
