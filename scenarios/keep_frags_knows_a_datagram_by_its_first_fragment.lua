-- A later fragment has no ports. `keep frags` gives it the verdict of the rule that the first one met,
-- without asking a rule; without `keep frags` the rules are asked, and none asks for no port. The
-- stack itself sends no fragments: a hook makes some, which are never a whole datagram.

local RULES = [[
  block out on lo0 all
  pass out quick on lo0 proto tcp from any to any port = 22 keep frags
]]

-- The first SYN becomes the beginning of a datagram of IP id 7, each later one what follows.
local function make_fragments(box)
  local count = 0
  box:hook("LOOPBACK_OUT", function(packet)
    local length = count == 0 and 64 or 60
    local more_fragments_and_offset = 0x2000 + 6 * count
    packet.bytes = packet.bytes:sub(1, 2)
      .. string.pack(">I2I2I2", length, 7, more_fragments_and_offset)
      .. packet.bytes:sub(9, length)
    packet.ttl = packet.ttl -- brings the header's checksum up to date
    count = count + 1
  end, { hint = "FIRST", name = "fragmenter" })
end

test("later fragments pass as the first one did", function(box)
  make_fragments(box)
  box:filter(RULES)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:counters().outbound.pass, 4)
end)

test("without keep frags they are blocked", function(box)
  make_fragments(box)
  box:filter((RULES:gsub(" keep frags", "")))

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:counters().outbound.pass, 1)
  expect.eq(box:counters().outbound.block, 3)
end)
