-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1

-- Lua has much of the memory already, so that little is to be printed until it ends.
local function ballast(kib)
  local held = {}
  for i = 1, kib // 10 do
    held[i] = ("x"):rep(10 << 10)
  end
  return held
end

test("datagrams that nobody receives", function(box)
  local held, sent, got = ballast(880), box:udp(2000), {}
  for i = 1, 50 do
    got[i] = box:udp(3000 + i)
    for n = 1, 20 do
      sent:sendto(("x"):rep(1000 + n), "127.0.0.1", 3000 + i)
    end
    box:sleep(0.0001)
  end
  return held
end)

test("a connection's data, on both sides", function(box)
  local held = ballast(600)
  box:fusion(false)
  box:listen(80, nil, { backlog = 1000 })
  for _ = 1, 1000 do
    local client = box:connect("127.0.0.1", 80)
    client:set({ sndbuf = 200000 })
    client:send(("x"):rep(90001))
  end
  return held
end)

test("datagrams that are held back", function(box)
  box:fault({ "delay", packet = "UDP", by = 1000 })
  local held, sent = ballast(880), box:udp(2000)
  for n = 1, 5000 do
    sent:sendto(("x"):rep(n), "127.0.0.1", 3000)
  end
  return held
end)
