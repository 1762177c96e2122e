-- Two clients call at the same instant; the rule hits one of them.

test("the rule refuses one client and lets the other through", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:spawn("sshd", function() box:listen(22):accept() end)
  box:spawn("httpd", function() box:listen(80):accept() end)
  local results = {}
  local function client(name, port)
    return box:spawn(name, function()
      local sock, err = box:connect("127.0.0.1", port)
      results[name] = sock and "connected" or err
    end)
  end

  local telnet, curl = client("telnet", 22), client("curl", 80)
  telnet:join()
  curl:join()

  expect.eq(results.telnet, "ECONNREFUSED")
  expect.eq(results.curl, "connected")
  expect.eq(box:now(), 0)
end)
