-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 3. This rule is meant to refuse port 22 at once. Its author wonders why telnet hangs.
local RULES = [[
block return-rst in on lo0 proto tcp from any to any port = 22
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

test("port 22 is refused at once", function(box)
  listens(box, 22)
  box:filter(RULES)
  local how, after = ends(box, 22)
  if how == "ETIMEDOUT" then
    expect.fail("it still hangs for " .. after .. " s: on which of its two ways through the hooks is the SYN blocked?")
  end
  if how == "connected" then expect.fail("now nothing blocks it") end
  expect.eq(how, "ECONNREFUSED")
end)
