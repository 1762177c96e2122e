-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t where tables and functions are keys of the same table", function(box)
  for n = 1, 60 do
    local t = {}
    for i = 1, n do
      t[{}], t[function() return i end], t[i * 2] = i, i, i
      if i % 3 == 0 then t[i] = i end
    end
    show(box, n, #t)
  end
end)
