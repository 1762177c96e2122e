-- A reply that is delivered inside of the call that sent the packet runs into its own sender's lock;
-- gVisor's netstack deadlocked of it. Whatever answers, and wherever, the reply is queued: it is on its
-- way only when no hook is running any more.

local function watch(box)
  local log = {}
  for _, event in ipairs({ "LOOPBACK_OUT", "LOOPBACK_IN" }) do
    box:hook(event, function(packet)
      log[#log + 1] = packet.flags .. " at " .. event
    end, { hint = "FIRST", name = "watch" })
  end
  return log
end

test("rejected on the way in", { modes = { "netinfo" } }, function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  local log = watch(box)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(log, { "S at LOOPBACK_OUT", "S at LOOPBACK_IN", "R. at LOOPBACK_OUT", "R. at LOOPBACK_IN" })
end)

test("rejected on the way out", { eras = { "linux" } }, function(box)
  box:filter("block return-rst out on lo0 proto tcp from any to any port = 22")
  local log = watch(box)
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(log, { "S at LOOPBACK_OUT", "R. at LOOPBACK_OUT", "R. at LOOPBACK_IN" })
end)

test("two that reject each other's replies do not recurse", { modes = { "netinfo" } }, function(box)
  -- Each RST is hit by the rule, too; and a RST is not answered.
  box:filter("block return-rst in on lo0 proto tcp all")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
end)
