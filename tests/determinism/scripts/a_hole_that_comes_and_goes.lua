-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("#t while fields are set and cleared", function(box)
  local t = {}
  for i = 1, 300 do
    t[(i * 37) % 101] = i % 5 ~= 0 and i or nil
    if i % 20 == 0 then show(box, i, #t) end
  end
end)
