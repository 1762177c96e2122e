-- In SYN_SENT a RST counts only if it acknowledges the SYN. Two hooks: the filter's, which makes
-- the RST, and one after it that spoils it.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

local function spoil_rst(box, change)
  box:hook("LOOPBACK_IN", function(packet)
    if packet.flags == "R." then change(packet) end
  end, { name = "spoiler", hint = "LAST" })
end

test("a RST whose ack is one too high is ignored", function(box)
  box:filter(SSH)
  spoil_rst(box, function(packet) packet.ack = packet.ack + 1 end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
end)

test("a RST without the ACK flag is ignored", function(box)
  box:filter(SSH)
  spoil_rst(box, function(packet) packet.flags = "R" end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 30.0)
end)

test("a RST to another port finds nobody", function(box)
  box:filter(SSH)
  spoil_rst(box, function(packet) packet.dport = 1 end)

  local _, err = box:connect("127.0.0.1", 22)

  expect.eq(err, "ETIMEDOUT")
end)
