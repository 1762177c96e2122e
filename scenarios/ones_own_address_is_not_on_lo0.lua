-- Who calls the box' own address on e1000g0 takes the loopback path, and no wire. But the hooks are
-- told the interface that owns the destination: a rule `on lo0` misses, `on e1000g0` hits.

for _, address in ipairs({ "192.168.1.5", "2001:db8::5" }) do
  test("a rule on lo0 misses " .. address, function(box)
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
    box:listen(22)

    expect.ok(box:connect(address, 22))

    expect.eq(box:counters().inbound.block, 0)
    expect.ok(box:counters().loopback_packets > 0)
  end)

  test("a rule on e1000g0 hits " .. address, function(box)
    box:filter("block return-rst in on e1000g0 proto tcp from any to any port = 22")
    box:listen(22)

    local _, err = box:connect(address, 22)

    -- In place, as on lo0: it is the hook that makes a packet loopback, not its interface.
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 0)
    expect.eq(box:counters().inbound.return_sent, 1)
  end)

  test("no packet to " .. address .. " meets the hooks of the wire", function(box)
    local physical = 0
    for _, event in ipairs({ "PHYSICAL_IN", "PHYSICAL_OUT" }) do
      box:hook(event, function() physical = physical + 1 end)
    end
    box:listen(22)
    expect.ok(box:connect(address, 22))
    expect.eq(physical, 0)
  end)
end
