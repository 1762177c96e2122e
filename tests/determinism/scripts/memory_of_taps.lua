-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1
-- brief

-- Packets are kept for expect_packets from the first on. Lua has most of it already, so that little is needed.
local function ballast(kib)
  local held = {}
  for i = 1, kib // 10 do
    held[i] = ("x"):rep(10 << 10)
  end
  return held
end

test("packets that taps keep", function(box)
  local held = ballast(900)
  local sent = box:udp(2000)
  for i = 1, 5000 do
    sent:sendto(("x"):rep(i % 100), "127.0.0.1", 9)
    box:sleep(0.0001)
  end
  box:expect_packets("lo0", {})
  return held
end)
