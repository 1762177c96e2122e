-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t where strings fill the hash part", function(box)
  for n = 1, 30 do
    local t = {}
    for i = 1, n do t["k" .. i * 7919] = i end
    for i = n, 1, -1 do t[i] = i end
    for i = 1, n, 4 do t[i] = nil end
    show(box, n, #t)
  end
end)
