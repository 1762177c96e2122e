-- A hook that eats ends the packet: the hooks after it, snoop and TCP never see it.

test("what a hook eats nobody else sees", function(box)
  local seen = 0
  local eater = box:hook("LOOPBACK_IN", function() return "eat" end, { name = "eater" })
  box:hook("LOOPBACK_IN", function() seen = seen + 1 end, { hint = "LAST" })
  box:spawn("nobody", function()
    box:sleep(5)
    eater:remove()
  end)

  local _, err = box:connect("127.0.0.1", 22)

  -- Two SYNs were eaten; the third, at 10.125 s, is answered.
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 10.125)
  expect.eq(seen, 2)
end)
