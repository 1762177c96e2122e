-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("table.sort whose function writes to the table", function(box)
  local t = { 5, 4, 3, 2, 1 }
  table.sort(t, function(a, b) t[#t + 1] = a return a < b end)
  show(box, #t, table.concat(t, " "))
end)
