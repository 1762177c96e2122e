-- A hook's error and the sender of a datagram. FW_HOOKS of 2009 discards it: send succeeds, and the
-- datagram is gone. From build 129 on it comes back out of send, from either hook. On Linux what is
-- dropped on the way out is EPERM.

local function send(box, rule, address)
  box:filter(rule .. " on lo0 proto udp from any to any port = 7")
  local sent, err = box:udp():sendto("question", address, 7)
  return err or sent
end

local SENT = 8
local ROWS = {
  { "block in", post = SENT, illumos = "ENETUNREACH", linux = SENT },
  { "block out", post = SENT, illumos = "ENETUNREACH", linux = "EPERM" },
  { "block return-icmp out", post = SENT, illumos = "ENETUNREACH", linux = "EPERM" },
  { "block return-icmp-as-dest out", post = SENT, illumos = "ECONNRESET", linux = "EPERM" },
}

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  for _, row in ipairs(ROWS) do
    for _, era in ipairs({ "post", "snv_116", "illumos", "linux" }) do
      local expected = row[era == "snv_116" and "post" or era]
      test(row[1] .. ", " .. address .. ": " .. expected, { eras = { era } }, function(box)
        expect.eq(send(box, row[1], address), expected)
      end)
    end
  end

  test("a reply that cannot be made is EPERM: " .. address, { eras = { "illumos" } }, function(box)
    -- The filter has eaten the packet and returned 0; ipf_hook makes a 1 of that, which is EPERM.
    expect.eq(send(box, "block return-rst in", address), "EPERM")
  end)
end

test("TCP ignores it", { eras = { "illumos" } }, function(box)
  box:filter("block in on lo0 proto tcp from any to any port = 22")
  local _, err = box:connect("127.0.0.1", 22)
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 190.875)
end)

test("rejected on the way out, Linux tells twice", { eras = { "linux" } }, function(box)
  box:filter("block return-icmp(port-unr) out on lo0 proto udp from any to any port = 7")
  local sock = box:udp()
  sock:connect("127.0.0.1", 7)
  local _, first = sock:send("question")
  local _, then_ = sock:recv(1)
  expect.eq({ first, then_ }, { "EPERM", "ECONNREFUSED" })
end)
