-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1

-- Lua has most of the memory already, so that little is to be printed until it ends.
local function ballast(kib)
  local held = {}
  for i = 1, kib // 10 do
    held[i] = ("x"):rep(10 << 10)
  end
  return held
end

test("rules end at the same rule", function(box)
  local held = ballast(900)
  for i = 1, 5000 do
    box:ipf_add(("block in from 10.%d.%d.1 to any\n"):format(i // 250, i % 250))
  end
  return held
end)

test("states end at the same packet", function(box)
  local held = ballast(900)
  box:filter("pass out proto udp all keep state")
  local sent = box:udp(2000)
  for i = 1, 5000 do
    sent:sendto("x", "127.0.0.1", 3000 + i)
    box:sleep(0.0001)
  end
  return held
end)
