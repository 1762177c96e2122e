-- fr_check logs before it replies: it has the SYN, and never the RST that the SYN becomes.

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("a blocked and answered SYN is logged once: " .. address, function(box)
    box:filter("block return-rst in log on lo0 proto tcp from any to any port = 22")
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:counters().inbound.block_logged, 1)
    expect.eq(box:counters().inbound.block, 1)
    expect.eq(box:counters().outbound.pass_logged, 0)
    expect.match(box:ipmon(), "lo0 @0:1 b " .. address .. ",%d+ %-> " .. address
      .. ",22 PR tcp len %d+ %d+ %-S IN\n$")
  end)
end

test("what matched no rule is not logged", function(box)
  box:filter("block return-rst in log on lo0 proto tcp from any to any port = 22")
  box:connect("127.0.0.1", 23)
  local c = box:counters()
  expect.eq(c.inbound.block_logged + c.inbound.nomatch_logged, 0)
  expect.eq(c.inbound.nomatch, 2) -- the SYN, and the stack's own RST
end)
