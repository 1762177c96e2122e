-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 5. Nothing may come in on lo0 but what belongs to connections to port 80; port 22 is refused at once. The
-- same is to be true where the filter's RST is a packet of its own (the mode netinfo).
local RULES = [[
block in on lo0 all
block return-rst in on lo0 proto tcp from any to any port = 22
pass in quick on lo0 proto tcp from any port = 22 to any flags R/R
pass in on lo0 proto tcp from any to any port = 80
pass in on lo0 proto tcp from any port = 80 to any
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

local MODES = { modes = { "rewrite", "netinfo" } }

test("port 22 is refused at once", MODES, function(box)
  listens(box, 22)
  box:filter(RULES)
  local how = ends(box, 22)
  if how == "ETIMEDOUT" then expect.fail("nobody hears the refusal: which rule eats the RST on its way in?") end
  expect.eq(how, "ECONNREFUSED")
end)

test("port 80 connects", MODES, function(box)
  listens(box, 80)
  box:filter(RULES)
  local how = ends(box, 80)
  if how ~= "connected" then expect.fail("a connect to port 80 ends with " .. how .. ": a handshake has packets both ways") end
end)

test("port 25 does not", MODES, function(box)
  listens(box, 25)
  box:filter(RULES)
  if ends(box, 25) ~= "ETIMEDOUT" then expect.fail("port 25 is open, or answers") end
end)
