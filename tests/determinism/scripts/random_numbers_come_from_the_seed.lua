-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("math.random and box:rand", function(box)
  for i = 1, 5 do show(box, math.random(), math.random(10), math.random(-5, 5), box:rand(1, 1000), math.random(math.mininteger, math.maxinteger)) end
  show(box, pcall(math.randomseed, 7))
  show(box, pcall(math.random, 2, 1))
end)
