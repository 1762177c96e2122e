-- The same ICMP error means something else to another system: Linux has an errno for each code, and
-- none is ignored by TCP. But the error that answers the first SYN on loopback comes while connect()
-- holds its socket, and is only remembered: the second SYN's, a second later, ends the call.

local ROWS = {
  { "127.0.0.1", "port-unr", tcp = "ECONNREFUSED", udp = "ECONNREFUSED" },
  { "127.0.0.1", "proto-unr", tcp = "ENOPROTOOPT", udp = "ENOPROTOOPT" },
  { "127.0.0.1", "net-unr", tcp = "ENETUNREACH", udp = "EAGAIN" },
  { "127.0.0.1", "host-unr", tcp = "EHOSTUNREACH", udp = "EAGAIN" },
  { "127.0.0.1", "host-prohib", tcp = "EHOSTUNREACH", udp = "EHOSTUNREACH" },
  { "127.0.0.1", "filter-prohib", tcp = "EHOSTUNREACH", udp = "EHOSTUNREACH" },
  { "::1", "port-unr", tcp = "ECONNREFUSED", udp = "ECONNREFUSED" },
  { "::1", "filter-prohib", tcp = "EACCES", udp = "EACCES" },
}

for _, row in ipairs(ROWS) do
  local address, code = row[1], row[2]
  test(address .. ", " .. code, { eras = { "linux" } }, function(box)
    box:filter("block return-icmp(" .. code .. ") in on lo0 from any to any port = 22")
    local _, tcp = box:connect(address, 22)
    expect.eq(tcp, row.tcp)
    expect.eq(box:now(), 1)
    local sock = box:udp()
    sock:connect(address, 22)
    sock:send("question")
    local _, udp = sock:recv(1)
    expect.eq(udp, row.udp)
  end)
end

test("over a wire nobody is in the call any more", { eras = { "linux" } }, function(box)
  box:filter("block return-icmp(port-unr) in from any to any port = 22")
  local client = box:remote("192.168.1.20", { latency = 0.01, rate = 0 })
  local _, err = client:connect("192.168.1.5", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 0.02)
end)
