-- CR 6847298: each packet was delivered inside of the call that sent the one before it.
test("delivery is not nested", function(box)
  box:fusion(false)
  box:always("no packet is delivered inside of a send", function()
    return box:counters().depth_max <= 1
  end)
  box:spawn("server", function() box:listen(8080):accept():close() end)
  box:connect("127.0.0.1", 8080)
  box:sleep(1)
end)
