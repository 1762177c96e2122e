-- `return-icmp` on a SYN. Only "port unreachable" and "protocol unreachable" refuse a connect at
-- once. "Net" and "host unreachable", and the first is what a rule without a code says, are
-- remembered, and are what the connect fails with at its timeout. All others are ignored.

local V4 = {
  { "", "ENETUNREACH", 30 },
  { "(net-unr)", "ENETUNREACH", 30 },
  { "(host-unr)", "EHOSTUNREACH", 30 },
  { "(proto-unr)", "ECONNREFUSED", 0 },
  { "(port-unr)", "ECONNREFUSED", 0 },
  { "(net-prohib)", "ETIMEDOUT", 30 },
  { "(host-prohib)", "ETIMEDOUT", 30 },
  { "(filter-prohib)", "ETIMEDOUT", 30 },
}

-- The rewrite does not translate codes: for ICMPv6, 3 is "address unreachable" and 4 "no port".
local V6 = {
  { "", "EHOSTUNREACH", 30 },
  { "(port-unr)", "EHOSTUNREACH", 30 },
  { "(3)", "EHOSTUNREACH", 30 },
  { "(4)", "ECONNREFUSED", 0 },
}

for address, rows in pairs({ ["127.0.0.1"] = V4, ["::1"] = V6 }) do
  for _, action in ipairs({ "return-icmp", "return-icmp-as-dest" }) do
    for _, row in ipairs(rows) do
      local code, errno, time = table.unpack(row)
      test(address .. ": " .. action .. code .. " gives " .. errno, function(box)
        box:filter("block " .. action .. code .. " in on lo0 proto tcp from any to any port = 22")
        box:listen(22)

        local _, err = box:connect(address, 22)

        expect.eq(err, errno)
        expect.eq(box:now(), time)
      end)
    end
  end
end
