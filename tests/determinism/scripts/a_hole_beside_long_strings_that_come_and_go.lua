-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t while keys that are long strings come and go by chance", function(box)
  for round = 1, 30 do
    local keys, t, lengths = {}, {}, {}
    for i = 1, 24 do keys[i] = ("k" .. i):rep(20) end
    for i = 1, 400 do
      local chance = math.random(3)
      if chance == 1 then
        t[keys[math.random(#keys)]] = math.random(2) == 1 and i or nil
      else
        t[math.random(16)] = math.random(3) > 1 and i or nil
      end
      lengths[i] = #t
    end
    show(box, table.concat(lengths):sub(1, 700))
  end
end)
