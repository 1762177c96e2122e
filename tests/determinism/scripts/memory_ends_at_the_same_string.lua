-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 4
local show = include("lib/show.lua")

test("where the limit strikes: strings", function(box)
  local t, s = {}, "x"
  show(box, pcall(function() while true do s = s .. s end end))
  show(box, #s)
  s = nil
  show(box, pcall(function() while true do t[#t + 1] = "k" .. #t .. ("x"):rep(100) end end))
  show(box, #t)
end)
