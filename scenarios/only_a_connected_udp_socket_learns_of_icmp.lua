-- A datagram to an unused port: the stack answers with an ICMP port unreachable. A connected
-- socket gets the error once, by its next call; an unconnected one never.

for _, address in ipairs({ "127.0.0.1", "::1", "192.168.1.5", "2001:db8::5" }) do
  test("connected, it is told once: " .. address, function(box)
    local sock = box:udp()
    sock:connect(address, 7)

    expect.eq(sock:send("one"), 3)
    box:sleep(1)
    local sent, err = sock:send("two")
    expect.eq(sent, nil)
    expect.eq(err, "ECONNREFUSED")
    -- That call sent nothing. The next one does, and is answered again.
    expect.eq(sock:send("three"), 5)
    local _, again = sock:recv(1)
    expect.eq(again, "ECONNREFUSED")
    local _, nothing = sock:recv(1)
    expect.eq(nothing, "EAGAIN")
    expect.eq(box:counters().icmp_sent, 2)
  end)

  test("unconnected, it is never told: " .. address, function(box)
    local sock = box:udp()
    for _ = 1, 2 do
      expect.eq(sock:sendto("question", address, 7), 8)
      local _, err = sock:recv(1)
      expect.eq(err, "EAGAIN")
    end
    expect.eq(box:counters().icmp_sent, 2)
  end)
end

test("connected to somebody else, it is not told either", function(box)
  local sock = box:udp()
  sock:connect("127.0.0.1", 7)
  sock:sendto("question", "127.0.0.1", 54)
  local _, err = sock:recv(1)
  expect.eq(err, "EAGAIN")
end)
