-- TCP fusion, as the post tells it: once a loopback connection is established, its data goes from one
-- end to the other without IP, so no hook and no rule sees it. The handshake does go through IP, and
-- the FIN, which un-fuses first.

local POST = { eras = { "post" } }

local function flags_seen(box)
  local seen = {}
  box:hook("LOOPBACK_OUT", function(packet) seen[#seen + 1] = packet.flags end)
  return seen
end

for _, address in ipairs({ "127.0.0.1", "::1", "192.168.1.5" }) do
  test("the hooks see a handshake and an end, and no data: " .. address, POST, function(box)
    local seen = flags_seen(box)
    local server = box:spawn("sshd", function()
      local conn = box:listen(22):accept()
      expect.eq(conn:recv(), "hello")
      conn:send("welcome")
      expect.eq(conn:recv(), "")
      conn:close()
    end)
    local sock = box:connect(address, 22)
    sock:send("hello")
    expect.eq(sock:recv(), "welcome")
    expect.eq(seen, { "S", "S.", "." })
    expect.eq(box:counters().fused_bytes, 12)
    sock:shutdown()
    server:join()
    expect.eq(sock:recv(), "")
    expect.eq(table.concat(seen, " "), "S S. . F. . F. .")
  end)
end

test("a rule that comes later stops no data", POST, function(box)
  local heard
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter("block in on lo0 all")
  sock:send("hello")
  box:sleep(1)
  expect.eq(heard, "hello")
  expect.eq(box:counters().inbound.block, 0)
end)

test("fusion switched off, it does", POST, function(box)
  local heard
  box:fusion(false)
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter("block in on lo0 all")
  sock:send("hello")
  box:sleep(0.1)
  expect.eq(heard, nil)
  expect.eq(box:counters().inbound.block, 1)
end)

test("a connection over the wire is not fused", POST, function(box)
  local client = box:remote("192.168.1.20")
  local heard
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  client:connect("192.168.1.5", 22):send("hello")
  box:sleep(1)
  expect.eq(heard, "hello")
  expect.eq(box:counters().fused_bytes, 0)
end)
