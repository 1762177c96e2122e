-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 4
local show = include("lib/show.lua")

test("where the limit strikes: tables", function(box)
  local t = {}
  local ok, message = pcall(function() while true do t[#t + 1] = {} end end)
  local n = #t
  t = nil
  show(box, ok, message, n)
end)
