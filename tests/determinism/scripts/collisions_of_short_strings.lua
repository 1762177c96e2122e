-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("strings of one hash, as keys", function(box)
  local t, n = {}, 0
  for a = 0, 255 do
    for b = 0, 15 do t[string.char(a, b, (a * 31 + b) % 256)] = n n = n + 1 end
  end
  local sum, order = 0, 0
  for _, v in pairs(t) do order = (order * 31 + v) % 1000000007 sum = sum + v end
  show(box, sum, order)
end)
