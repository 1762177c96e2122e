-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("the language itself", function(box)
  local fs = {}
  for i = 1, 5 do
    local j = i * 2
    if i == 3 then goto continue end
    fs[#fs + 1] = function() j = j + 1 return i, j end
    ::continue::
  end
  for _, f in ipairs(fs) do show(box, f()) end
  for _, f in ipairs(fs) do show(box, f()) end
  local x <const> = 7
  show(box, x // 2, x / 2, x % 4, 7.0 // 2, -7 // 2, -7 % 4, x .. "", 1 .. 2, 1.0 .. "", 2^2, 10 // 0.3)
  show(box, select(-1, 1, 2, 3), select("#"), (select(2, "a", "b")))
end)
