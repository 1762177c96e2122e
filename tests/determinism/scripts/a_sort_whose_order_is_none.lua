-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("table.sort with functions that contradict themselves", function(box)
  local function sorted(less)
    local t = {}
    for i = 1, 50 do t[i] = (i * 31) % 53 end
    local ok, message = pcall(table.sort, t, less)
    return ok, message, table.concat(t, " ")
  end
  show(box, sorted(function() return true end))
  show(box, sorted(function() return false end))
  show(box, sorted(function(a, b) return a <= b end))
  show(box, sorted(function(a, b) return (a * b) % 3 == 1 end))
  local n = 0
  show(box, sorted(function() n = n + 1 return n % 2 == 0 end))
  show(box, sorted(function(a, b) if a == 7 then error("seven") end return a < b end))
end)
