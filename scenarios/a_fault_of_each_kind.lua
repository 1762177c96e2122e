-- What faults do to a connect, and to five bytes: the words of --fault and box:fault.

local function connect(box)
  box:spawn("sshd", function() box:listen(22):accept() end)
  local _, err = box:connect("127.0.0.1", 22)
  return err
end

-- A row: the faults, what connect returns, and when.
local connects = {
  { "nothing", {}, nil, 0 },
  { "the first SYN is lost", { { packet = "SYN", nth = 1, "drop" } }, nil, 3.375 },
  { "the first packet is lost", { { packet = 1, at = "LOOPBACK_OUT", "drop" } }, nil, 3.375 },
  { "it is lost before LOOPBACK_IN", { { packet = 1, at = "LOOPBACK_IN", "drop" } }, nil, 3.375 },
  { "it is lost after all hooks", { { packet = 1, at = "ip_fanout", "drop" } }, nil, 3.375 },
  { "two SYNs are lost", { "drop SYN 1", "drop SYN 2" }, nil, 10.125 },
  { "every SYN is lost", { "drop SYN" }, "ETIMEDOUT", 30 },
  { "what is like a pattern is lost",
    { { packet = "127.0.0.1.22 > 127.0.0.1.* S.", nth = 1, "drop" } }, nil, 3.375 },
  { "the SYN is doubled", { { packet = "SYN", nth = 1, "duplicate", by = 0.001 } }, nil, 0 },
  { "the SYN is late", { { packet = "SYN", nth = 1, "delay", by = 0.25 } }, nil, 0.25 },
  { "the SYN waits for a next one", { { packet = "SYN", nth = 1, "reorder" } }, nil, 1 },
  { "a bit of the SYN's port is turned", { { packet = "SYN", nth = 1, "corrupt", bit = 20 * 8 + 31 } },
    nil, 3.375 },
  { "the SYN is for another port",
    { { packet = "SYN", nth = 1, "corrupt", field = "dport", value = 23 } }, nil, 3.375 },
  { "its end is missing", { { packet = "SYN", nth = 1, "truncate", bytes = 39 } }, nil, 3.375 },
  { "there is no memory for an endpoint", { "fail allocation 7" }, "ENOMEM", 0 },
  { "a rule appears before the second packet",
    { { packet = 2, "rules", rules = "block in on lo0 proto tcp from any port = 22 to any" } },
    "ETIMEDOUT", 30 },
}

for _, row in ipairs(connects) do
  local name, faults, err, at = table.unpack(row)
  test("a connect where " .. name, function(box)
    for _, fault in ipairs(faults) do box:fault(fault) end
    expect.eq(connect(box), err)
    expect.eq(box:now(), at)
  end)
end

test("hooks that are gone refuse nothing", function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  box:fault("hooks off before SYN 1")
  expect.eq(connect(box), nil)
end)

test("a chance of one is always, and the seed draws the others", function(box)
  box:fault{ packet = "SYN", chance = 1, "drop" }
  expect.eq(connect(box), "ETIMEDOUT")
end)

test("data arrives whatever one packet suffers", function(box)
  for _, fault in ipairs{ "drop DATA 1", "duplicate DATA 2", "corrupt DATA 3 bit 330",
                          "truncate DATA 4 to 41", "delay DATA 5 by 20", "reorder ACK 3" } do
    box:fault(fault)
  end
  local got = ""
  local server = box:spawn("server", function()
    local sock = box:listen(8080):accept()
    repeat
      local data = sock:recv(100)
      got = got .. (data or "")
    until not data or data == ""
  end)
  local sock = box:connect("127.0.0.1", 8080)
  for i = 1, 5 do
    sock:send("data " .. i .. "\n")
    box:sleep(1)
  end
  sock:close()
  server:join()
  expect.eq(got, "data 1\ndata 2\ndata 3\ndata 4\ndata 5\n")
end)

test("a fault on the wire, and on the host at its other end", function(box)
  local host = box:remote("192.168.1.20")
  box:spawn("sshd", function() host:listen(22):accept() end)
  box:fault{ packet = "SYN", nth = 1, at = "wire", "drop" }
  box:fault{ packet = "SYN|ACK", nth = 1, at = "PHYSICAL_OUT", host = "192.168.1.20", "delay", by = 1 }
  local sock = box:connect("192.168.1.20", 22)
  expect.ok(sock)
  expect.near(box:now(), 4.3755, 0.001)
end)
