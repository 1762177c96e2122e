-- fr_make_rst drops what it cannot turn: counted as blocked, not as answered, and not reported.

local function check(box, blocked)
  local c = box:counters()
  expect.eq(c.inbound.block, blocked)
  expect.eq(c.inbound.return_sent + c.outbound.return_sent, 0)
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("return-rst on a datagram: " .. address, function(box)
    box:filter("block return-rst in on lo0 proto udp from any to any port = 7")
    local sock = box:udp()
    sock:connect(address, 7)
    expect.eq(sock:send("question"), 8)
    local _, err = sock:recv(1)
    expect.eq(err, "EAGAIN")
    check(box, 1)
  end)

  test("return-rst on a pure ACK: " .. address, function(box)
    box:filter("block return-rst in on lo0 proto tcp from any to any port = 22 flags A/SAFR")
    local accepted = false
    box:spawn("sshd", function()
      box:listen(22):accept()
      accepted = true
    end)
    expect.ok(box:connect(address, 22))
    expect.eq(accepted, false)
    check(box, 1)
  end)

  test("return-icmp on a data segment: " .. address, function(box)
    box:fusion(false)
    box:spawn("sshd", function() box:listen(22):accept() end)
    local sock = box:connect(address, 22)
    box:filter("block return-icmp(port-unr) in on lo0 proto tcp from any to any port = 22")
    sock:send("hello")
    box:sleep(0.1)
    check(box, 1)
  end)
end

test("a packet cut short", { modes = { "inject", "rewrite", "netinfo" } }, function(box)
  box:filter("block return-rst in on lo0 all")
  box:hook("LOOPBACK_OUT", function(packet)
    packet.bytes = packet.bytes:sub(1, 30)
  end, { hint = "LAST" })
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:counters().inbound.short, 4)
  check(box, 4)
end)
