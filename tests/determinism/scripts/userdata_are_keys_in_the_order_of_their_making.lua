-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs over keys that are sockets and processes", function(box)
  local t, order = {}, {}
  for i = 1, 9 do t[box:listen(9000 + i)] = "listener " .. i end
  for i = 1, 9 do t[box:udp()] = "udp " .. i end
  for i = 1, 9 do t[box:spawn("p" .. i, function() end)] = "process " .. i end
  t[box] = "box"
  for _, name in pairs(t) do order[#order + 1] = name end
  show(box, table.concat(order, ", "))
end)
