-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t of constructors, table.pack and table.unpack", function(box)
  show(box, #{ 1, nil, 3 }, #{ nil, nil, 3 }, #{ 1, nil, nil }, #{ n = 1, nil, 2 }, #{ 1, 2, nil, 4, nil })
  show(box, #table.pack(nil, nil, 3), select("#", table.unpack({ 1, nil, 3 }, 1, 3)))
  local ok, message = pcall(table.concat, { 1, nil, 3 }, ",", 1, 3)
  show(box, ok, message)
end)
