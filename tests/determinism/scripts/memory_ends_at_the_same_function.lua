-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 4
local show = include("lib/show.lua")

test("where the limit strikes: functions and their variables", function(box)
  local t = {}
  local ok, message = pcall(function() while true do local a, b = #t, {} t[#t + 1] = function() return a, b end end end)
  local n = #t
  t = nil
  show(box, ok, message, n)
end)
