-- 40 RSTs a second, and 10 ICMP errors in 100 ms, are all that the stack sends by itself. What a
-- rule answers in place is not limited: a busy port can look refused or hanging, by who says no.

local ERAS = { eras = { "snv_116", "illumos" } }

local function connect_many(box, count)
  local result = { ECONNREFUSED = 0, waiting = count }
  for i = 1, count do
    box:spawn("client " .. i, function()
      local _, err = box:connect("127.0.0.1", 22)
      if box:now() < 1 then
        result[err] = result[err] + 1
        result.waiting = result.waiting - 1
      end
    end)
  end
  box:sleep(0.9)
  return result
end

test("42 connects to a port without a listener: 40 are refused", ERAS, function(box)
  expect.eq(connect_many(box, 42), { ECONNREFUSED = 40, waiting = 2 })
  expect.eq(box:counters().resets_sent, 40)
  expect.eq(box:counters().resets_limited, 2)
  box:sleep(3) -- their SYNs come again, and are answered
  expect.eq(box:counters().resets_sent, 42)
end)

test("42 connects that a rule answers: all are refused", { eras = { "snv_116" } }, function(box)
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  expect.eq(connect_many(box, 42), { ECONNREFUSED = 42, waiting = 0 })
end)

test("in the post's own story nothing is limited", { eras = { "post" } }, function(box)
  expect.eq(connect_many(box, 42), { ECONNREFUSED = 42, waiting = 0 })
end)

local function datagrams_told(box, count)
  local sockets, told = {}, 0
  for i = 1, count do
    sockets[i] = box:udp()
    sockets[i]:connect("127.0.0.1", 7)
    sockets[i]:send("question")
  end
  box:sleep(0.05)
  for _, sock in ipairs(sockets) do
    local _, err = sock:recv(0)
    if err == "ECONNREFUSED" then told = told + 1 end
  end
  return told
end

test("12 datagrams to nobody: 10 are answered", ERAS, function(box)
  expect.eq(datagrams_told(box, 12), 10)
  expect.eq(box:counters().icmp_limited, 2)
  box:sleep(0.1)
  expect.eq(datagrams_told(box, 5), 5)
end)

test("12 datagrams that a rule answers: all are", ERAS, function(box)
  box:filter("block return-icmp(port-unr) in on lo0 proto udp from any to any port = 7")
  expect.eq(datagrams_told(box, 12), 12)
  expect.eq(box:counters().icmp_sent, 0)
end)
