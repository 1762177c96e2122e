-- `return-icmp` on a datagram. A connected socket learns of "port" and "protocol unreachable", as
-- ECONNREFUSED; of nothing else. A rule without a code says "net unreachable".

local ROWS = {
  ["127.0.0.1"] = {
    { "", "nothing" },
    { "(net-unr)", "nothing" },
    { "(host-unr)", "nothing" },
    { "(proto-unr)", "ECONNREFUSED" },
    { "(port-unr)", "ECONNREFUSED" },
    { "(filter-prohib)", "nothing" },
  },
  -- Not translated: for ICMPv6, 3 is "address unreachable" and 4 "no port".
  ["::1"] = {
    { "", "nothing" },
    { "(port-unr)", "nothing" },
    { "(4)", "ECONNREFUSED" },
  },
}

local function check(address, action, errno)
  test(address .. ": " .. action .. " gives " .. errno, function(box)
    box:filter("block " .. action .. " in on lo0 proto udp from any to any port = 7")
    box:udp(7)
    local sock = box:udp()
    sock:connect(address, 7)

    expect.eq(sock:send("question"), 8)
    local data, err = sock:recv(1)

    expect.eq(data, nil)
    expect.eq(err, errno == "nothing" and "EAGAIN" or errno)
    expect.eq(box:now(), errno == "nothing" and 1 or 0)
    expect.eq(box:counters().inbound.return_sent, 1)
  end)
end

for address, rows in pairs(ROWS) do
  for _, row in ipairs(rows) do
    check(address, "return-icmp" .. row[1], row[2])
    check(address, "return-icmp-as-dest" .. row[1], row[2])
  end
end
