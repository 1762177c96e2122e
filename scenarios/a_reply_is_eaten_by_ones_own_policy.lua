-- firehol/firehol#338: a reply that is a packet of its own is filtered on its way back. Where all is
-- dropped but the one port that is answered, the RST is dropped, too, and the client hangs. The
-- rewritten packet cannot be: the hooks have passed it when it becomes the reply.

local POLICY = [[
  block in on lo0 all
  block return-rst in on lo0 proto tcp from any to any port = 22
]]
local WITH_PASS = [[
  pass in quick on lo0 proto tcp from any port = 22 to any flags R/R
]] .. POLICY

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("its own policy eats the RST: " .. address, { modes = { "netinfo" } }, function(box)
    box:filter(POLICY)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ETIMEDOUT")
    expect.eq(box:now(), 30)
  end)

  test("a rule that lets RSTs in cures it: " .. address, { modes = { "netinfo" } }, function(box)
    box:filter(WITH_PASS)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 0)
  end)

  test("a packet turned in place arrives: " .. address, { modes = { "rewrite" } }, function(box)
    box:filter(POLICY)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 0)
  end)
end

test("so it was met, on Linux", { eras = { "linux" } }, function(box)
  box:filter(POLICY)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 131)
end)
