-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 100000
local show = include("lib/show.lua")

test("where the budget of instructions ends", function(box)
  local n = 0
  box:spawn("p", function() while true do n = n + 1 if n % 1000 == 0 then show(box, n) end end end)
end)
