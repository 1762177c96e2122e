-- The same rule in the four reply modes: before the fix, the fix, and the two ways that the post
-- weighs and does not take. `errno` is answered by the call itself: no packet appears.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

local EXPECTED = {
  inject = { "ETIMEDOUT", 30, snoop = 0, loopback_in = 4 },
  rewrite = { "ECONNREFUSED", 0, snoop = 1, loopback_in = 1 },
  netinfo = { "ECONNREFUSED", 0, snoop = 1, loopback_in = 2 },
  errno = { "ECONNREFUSED", 0, snoop = 0, loopback_in = 1 },
}

for mode, row in pairs(EXPECTED) do
  for _, address in ipairs({ "127.0.0.1", "::1" }) do
    test("connect to " .. address, { modes = { mode } }, function(box)
      local calls = 0
      box:hook("LOOPBACK_IN", function() calls = calls + 1 end, { hint = "FIRST" })
      box:filter(SSH)
      box:listen(22)

      local _, err = box:connect(address, 22)

      expect.eq({ err, box:now() }, { row[1], row[2] })
      expect.eq(calls, row.loopback_in)
      expect.eq(box:counters().loopback_packets, row.snoop)
    end)
  end
end
