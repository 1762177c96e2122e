-- Hooks run one after the other; a later one sees the packet as the earlier one left it, and
-- none sees what was eaten.

test("two hooks see each packet in the order that their hints say", function(box)
  local order = {}
  box:hook("LOOPBACK_OUT", function() order[#order + 1] = "second" end, { name = "b" })
  box:hook("LOOPBACK_OUT", function() order[#order + 1] = "first" end,
    { name = "a", hint = "BEFORE", of = "b" })

  box:connect("127.0.0.1", 22)

  -- The SYN, and the RST that answers it.
  expect.eq(table.concat(order, " "), "first second first second")
end)

test("the later hook sees what the earlier one changed", function(box)
  box:spawn("telnetd", function() box:listen(23):accept() end)
  box:hook("LOOPBACK_OUT", function(packet)
    if packet.dport == 22 then packet.dport = 23 end
  end, { name = "redirect" })
  box:hook("LOOPBACK_OUT", function(packet)
    expect.ne(packet.dport, 22)
  end, { name = "witness", hint = "LAST" })
  -- On the way back the port is put right, or the client would not know the answer.
  box:hook("LOOPBACK_IN", function(packet)
    if packet.sport == 23 then packet.sport = 22 end
  end)

  local sock, err = box:connect("127.0.0.1", 22)

  expect.eq(err, nil)
  expect.ok(sock)
end)
