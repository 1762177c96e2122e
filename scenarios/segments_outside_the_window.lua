-- CR 6929403: a segment outside of its connection's window falls past the state table to the rules,
-- and a return-rst there answered it. The RST killed a connection that was in order. Later builds
-- drop it: it comes again, rightly, and all is well.

local RULES = [[
  pass in quick on e1000g0 proto tcp from any to any port = 22 flags S keep state
  block return-rst in on e1000g0 proto tcp from any to any
]]

-- One data segment arrives with a sequence number from long ago.
local function spoil_one(box)
  local done = false
  box:hook("PHYSICAL_IN", function(packet)
    if not done and #packet.payload > 0 then
      done = true
      packet.seq = packet.seq - 1000000
    end
  end, { hint = "FIRST" })
end

local function talk(box, address)
  local client = box:remote("192.168.1.20")
  local heard
  box:filter(RULES)
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  local sock = client:connect(address, 22)
  spoil_one(box)
  sock:send("hello")
  local _, err = sock:recv(65536, 10)
  return heard, err
end

for _, address in ipairs({ "192.168.1.5", "2001:db8::5" }) do
  test("answered, it resets the connection: " .. address, { eras = { "post", "snv_116" } },
    function(box)
      local heard, err = talk(box, address)
      expect.eq(heard, nil)
      expect.eq(err, "ECONNRESET")
      expect.eq(box:counters().outbound.return_sent, 1)
    end)

  test("dropped, it comes again: " .. address, { eras = { "illumos", "linux" } }, function(box)
    local heard, err = talk(box, address)
    expect.eq(heard, "hello")
    expect.eq(err, "EAGAIN")
    expect.eq(box:counters().outbound.return_sent, 0)
  end)
end

local LOOPBACK = [[
  pass in quick on lo0 proto tcp from any to any port = 22 flags S keep state
  block return-rst in on lo0 proto tcp from any to any port = 22
]]

-- On loopback only a FIN can be turned into the answer.
local function end_with_old_fin(box)
  box:filter(LOOPBACK)
  box:spawn("sshd", function() box:listen(22):accept() end)
  local sock = box:connect("127.0.0.1", 22)
  local done = false
  box:hook("LOOPBACK_OUT", function(packet)
    if not done and packet.flags == "F." then
      done = true
      packet.seq = packet.seq - 1000000
    end
  end, { hint = "LAST" })
  sock:shutdown()
  return select(2, sock:recv(65536, 1))
end

test("a FIN outside of the window resets its sender", { eras = { "post", "snv_116" } }, function(box)
  expect.eq(end_with_old_fin(box), "ECONNRESET")
  expect.eq(box:counters().inbound.return_sent, 1)
end)

test("or is dropped", { eras = { "illumos", "linux" } }, function(box)
  expect.eq(end_with_old_fin(box), "EAGAIN")
  expect.eq(box:counters().inbound.return_sent, 0)
end)
