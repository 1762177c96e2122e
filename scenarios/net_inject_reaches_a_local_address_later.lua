-- From build 129 on net_inject finds its way to the host's own addresses, past all hooks: what failed
-- in 2009 works there without the fix.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  local function run(name, era, errno, seconds, discards)
    test(name .. " " .. address, { eras = { era }, modes = { "inject" } }, function(box)
      local resets = 0
      for _, event in ipairs({ "LOOPBACK_OUT", "LOOPBACK_IN" }) do
        box:hook(event, function(packet)
          if packet.flags == "R." then resets = resets + 1 end
        end)
      end
      box:filter(SSH)

      local _, err = box:connect(address, 22)

      expect.eq(err, errno)
      expect.eq(box:now(), seconds)
      expect.eq(box:counters().out_discards, discards)
      expect.eq(resets, 0, "the reply passed a hook")
    end)
  end
  run("no way out to", "post", "ETIMEDOUT", 30, 4)
  run("no way out to", "snv_116", "ETIMEDOUT", 224.625, 7)
  run("delivered to", "illumos", "ECONNREFUSED", 0, 0)
end
