-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 2. Whoever connects to a port below 1024 is to hear nothing at all; all other ports connect.
local RULES = [[
block in on lo0 proto tcp from any to any port < 1024
]]

-- What follows asks; change only what stands above.

local function listens(box, ...)
  for _, port in ipairs({ ... }) do
    box:spawn("server " .. port, function()
      local listener = box:listen(port)
      while true do listener:accept() end
    end)
  end
end

-- How a connect ends: "connected", or an errno's name; and after how many seconds.
local function ends(box, port)
  local before = box:now()
  local sock, err = box:connect("127.0.0.1", port)
  return sock and "connected" or err, box:now() - before
end

test("ports below 1024 say nothing", function(box)
  listens(box, 22, 1023)
  box:filter(RULES)
  for _, port in ipairs({ 22, 1023 }) do
    local how = ends(box, port)
    if how == "connected" then expect.fail("port " .. port .. " still connects") end
    if how == "ECONNREFUSED" then expect.fail("port " .. port .. " is refused: that is an answer, too") end
    expect.eq(how, "ETIMEDOUT")
  end
end)

test("all others connect", function(box)
  listens(box, 1024, 8080)
  box:filter(RULES)
  for _, port in ipairs({ 1024, 8080 }) do
    if ends(box, port) ~= "connected" then expect.fail("port " .. port .. " does not connect any more") end
  end
end)
