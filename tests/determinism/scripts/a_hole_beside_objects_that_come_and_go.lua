-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t, and the budget, while keys that are objects come and go by chance", function(box)
  for round = 1, 30 do
    local objects, t, lengths = {}, {}, {}
    for i = 1, 24 do objects[i] = i % 2 == 0 and {} or function() return i end end
    for i = 1, 400 do
      local chance = math.random(3)
      if chance == 1 then
        t[objects[math.random(#objects)]] = math.random(2) == 1 and i or nil
      else
        t[math.random(16)] = math.random(3) > 1 and i or nil
      end
      lengths[i] = #t
    end
    show(box, table.concat(lengths):sub(1, 700))
  end
end)
