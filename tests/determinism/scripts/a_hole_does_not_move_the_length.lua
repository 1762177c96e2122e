-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t of a table with holes", function(box)
  for n = 1, 40 do
    local t = {}
    for i = 1, n do t[i] = i end
    for i = 2, n, 3 do t[i] = nil end
    t["x" .. n], t[n + 2] = true, true
    show(box, n, #t)
  end
end)
