-- A rule's ICMP code is one of ICMPv4's. What is sent over a wire has it translated for ICMPv6; what a
-- packet becomes on loopback has not. So `return-icmp(port-unr)` refuses a remote IPv6 client at once,
-- and lets a local one hang.

local RULE = "block return-icmp(port-unr) in proto tcp from any to any port = 22"
local LATENCY = 0.01

test("over the wire, IPv6: port-unr is no port", function(box)
  box:filter(RULE)
  local _, err = box:remote("192.168.1.20", { latency = LATENCY, rate = 0 }):connect("2001:db8::5", 22)
  expect.eq(err, "ECONNREFUSED")
  expect.eq(box:now(), 2 * LATENCY)
end)

test("on loopback, IPv6: 3 is address unreachable", function(box)
  box:filter(RULE)
  local _, err = box:connect("::1", 22)
  expect.eq(err, "EHOSTUNREACH")
  expect.eq(box:now(), 30)
end)

test("over IPv4 both refuse", function(box)
  box:filter(RULE)
  local _, there = box:remote("192.168.1.20", { latency = LATENCY, rate = 0 }):connect("192.168.1.5", 22)
  local _, here = box:connect("127.0.0.1", 22)
  expect.eq({ there, here }, { "ECONNREFUSED", "ECONNREFUSED" })
  expect.eq(box:now(), 2 * LATENCY)
end)

test("a datagram over the wire", function(box)
  box:filter("block return-icmp(port-unr) in proto udp from any to any port = 7")
  box:udp(7)
  for _, address in ipairs({ "192.168.1.5", "2001:db8::5" }) do
    local host = address == "192.168.1.5" and "192.168.1.20" or "192.168.1.21"
    local sock = box:remote(host):udp()
    sock:connect(address, 7)
    sock:send("question")
    local _, err = sock:recv(1)
    expect.eq(err, "ECONNREFUSED")
  end
end)
