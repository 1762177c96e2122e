-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1

test("rules end at the same rule", function(box)
  for i = 1, 5000 do
    box:ipf_add(("block in from 10.%d.%d.1 to any\n"):format(i // 250, i % 250))
  end
end)

test("states end at the same packet", function(box)
  box:filter("pass out proto udp all keep state")
  local sent = box:udp(2000)
  for i = 1, 5000 do
    sent:sendto("x", "127.0.0.1", 3000 + i)
    box:sleep(0.0001)
  end
end)
