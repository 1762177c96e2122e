-- SPDX-License-Identifier: BSD-3-Clause
-- Exercise 6. The fix by hand: make of a SYN to port 22 the RST that refuses it, in place. `packet` has the fields src,
-- dst, sport, dport, seq, ack and flags ("S" is a SYN, "R." a RST with an ack); checksums are put right for you.
local function rewrite(packet)
  packet.sport, packet.dport = packet.dport, packet.sport
  packet.seq, packet.ack = 0, packet.seq + 1
  packet.flags = "R."
end

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

test("the SYN becomes its own refusal", function(box)
  local ports, flags, ack, first, verdict
  listens(box, 22)
  box:hook("LOOPBACK_IN", function(packet)
    if packet.flags ~= "S" or packet.dport ~= 22 then return end
    first = first or packet.seq
    verdict = rewrite(packet)
    ports, flags, ack = packet.sport .. " > " .. packet.dport, packet.flags, packet.ack
    return verdict
  end)
  local how = ends(box, 22)
  if how == "ECONNREFUSED" then return end
  if verdict == "eat" then expect.fail("the packet is eaten, and nobody hears of it") end
  if how == "connected" then expect.fail("the SYN found the server: it is still a SYN") end
  if ports and not ports:find("^22 > ") then expect.fail("it is on its way to the server, not to the client") end
  if flags and not flags:find("R") then expect.fail("what the client gets is no RST") end
  if ack ~= first + 1 then expect.fail("the client ignores a RST that does not acknowledge its SYN") end
  expect.fail("the packet does not reach the client")
end)
