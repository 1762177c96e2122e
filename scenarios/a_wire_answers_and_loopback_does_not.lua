-- The heart of the matter: one rule, two ways to arrive. From the wire the client is refused in
-- one round trip, fix or no fix. On loopback the same RST has no way out, until the fix.

local SSH = "block return-rst in proto tcp from any to any port = 22"
local LATENCY = 0.01

for _, address in ipairs({ "192.168.1.5", "2001:db8::5" }) do
  test("over the wire to " .. address, { modes = { "inject", "rewrite" } }, function(box)
    local client = box:remote("192.168.1.20", { latency = LATENCY, rate = 0 })
    box:filter(SSH)
    box:listen(22)

    local _, err = client:connect(address, 22)

    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 2 * LATENCY)
    expect.eq(box:counters().outbound.return_sent, 1)
    expect.eq(box:counters().out_discards, 0)
  end)
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("on loopback, to " .. address, { modes = { "inject" } }, function(box)
    box:filter(SSH)
    box:listen(22)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ETIMEDOUT")
    expect.eq(box:now(), 30)
  end)

  test("on loopback, to " .. address, { modes = { "rewrite" } }, function(box)
    box:filter(SSH)
    box:listen(22)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 0)
  end)
end
