-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs over keys that are functions", function(box)
  local t = {}
  for i = 1, 40 do t[function() return i end] = i end
  local order = {}
  for f in pairs(t) do order[#order + 1] = f() end
  show(box, table.concat(order, " "))
end)
