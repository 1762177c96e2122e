-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs over keys that are tables", function(box)
  local made, t = {}, {}
  for i = 1, 50 do made[i] = {} end
  for i = 50, 1, -1 do t[made[(i * 17) % 50 + 1]] = (i * 17) % 50 + 1 end
  local order = {}
  for _, i in pairs(t) do order[#order + 1] = i end
  show(box, table.concat(order, " "))
end)
