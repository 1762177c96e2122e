-- Nobody has the address on the wire. Linux asks three times, a second apart, and then tells its own endpoint: host
-- unreachable. Solaris' endpoint is told nothing, and waits for its connect timer.

for _, address in ipairs{ "192.168.1.77", "2001:db8::77" } do
  test("Linux gives up after three seconds: " .. address, { eras = { "linux" } }, function(box)
    local _, err = box:connect(address, 22)
    expect.eq(err, "EHOSTUNREACH")
    expect.eq(box:now(), 3)
  end)

  test("with others on the wire, too: " .. address, { eras = { "linux" } }, function(box)
    box:remote("192.168.1.20")
    local _, err = box:connect(address, 22)
    expect.eq(err, "EHOSTUNREACH")
    expect.eq(box:now(), 3)
    _, err = box:connect("192.168.1.20", 22)
    expect.eq(err, "ECONNREFUSED")
  end)

  test("Solaris waits for its connect timer: " .. address, { eras = { "post", "snv_116", "illumos" } }, function(box)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ETIMEDOUT")
    expect.ok(box:now() >= 30)
  end)
end

test("a datagram's sender is not told", { eras = { "linux" } }, function(box)
  local sock = box:udp()
  sock:connect("192.168.1.77", 4000)
  sock:send("question")
  local _, err = sock:recv(10)
  expect.eq(err, "EAGAIN")
end)
