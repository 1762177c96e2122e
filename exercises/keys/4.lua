-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 4. A program asks port 53 by UDP, from a connected socket. It is to be told at once that nobody answers;
-- TCP to port 53 connects.
local RULES = [[
block return-icmp(port-unr) in on lo0 proto udp from any to any port = 53
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

test("the question is refused", function(box)
  box:udp(53)
  box:filter(RULES)
  local sock = box:udp()
  sock:connect("127.0.0.1", 53)
  sock:send("question")
  local _, err = sock:recv(2)
  if err == "EAGAIN" then
    expect.fail("it waited 2 s and was told nothing: was there an error at all, and does its code say that it is final?")
  end
  expect.eq(err, "ECONNREFUSED")
end)

test("TCP connects", function(box)
  listens(box, 53)
  box:filter(RULES)
  if ends(box, 53) ~= "connected" then expect.fail("your rules hit TCP, too") end
end)
