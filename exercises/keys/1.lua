-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 1. Port 23 is to be refused at once, though somebody listens there. Port 22 is to connect as before.
local RULES = [[
block return-rst in on lo0 proto tcp from any to any port = 23
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

test("port 23 is refused at once", function(box)
  listens(box, 22, 23)
  box:filter(RULES)
  local how, after = ends(box, 23)
  if how == "connected" then expect.fail("whoever connects to port 23 still gets through") end
  if how == "ETIMEDOUT" then expect.fail("whoever connects to port 23 waits " .. after .. " s and hears nothing") end
  expect.eq(how, "ECONNREFUSED")
end)

test("port 22 connects", function(box)
  listens(box, 22, 23)
  box:filter(RULES)
  if ends(box, 22) ~= "connected" then expect.fail("your rules hit port 22, too") end
end)
