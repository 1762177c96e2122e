-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("table.sort with NaN, and with values that do not compare", function(box)
  local nan = 0 / 0
  local t = { 3, nan, 1, nan, 2, -nan, 0 }
  table.sort(t)
  show(box, table.unpack(t))
  show(box, pcall(table.sort, { 1, "a", {}, 2 }))
  show(box, pcall(table.sort, { {}, {} }))
  show(box, pcall(table.sort, { 3, 2, 1, nil, 5 }))
end)
