-- Two clients are refused while a third one's connection, which no rule is about, goes on.
test("a rewrite ends its sender's endpoint, and no other", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  local got = ""
  box:spawn("server", function()
    local sock = box:listen(8080):accept()
    repeat
      local data = sock:recv(100)
      got = got .. (data or "")
    until not data or data == ""
  end)
  local bystander = box:connect("127.0.0.1", 8080)
  local clients = {}
  for i = 1, 2 do
    clients[i] = box:spawn("client " .. i, function()
      local _, err = box:connect("127.0.0.1", 22)
      return err
    end)
  end
  local errs = { clients[1]:join(), clients[2]:join() }
  bystander:send("still here")
  box:sleep(60)
  expect.eq(errs[1], "ECONNREFUSED")
  expect.eq(errs[2], "ECONNREFUSED")
  expect.eq(got, "still here")
end)
