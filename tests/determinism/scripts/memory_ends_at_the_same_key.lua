-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 4
local show = include("lib/show.lua")

test("where the limit strikes: keys that are objects", function(box)
  local t, n = {}, 0
  local ok, message = pcall(function() while true do t[{}] = n n = n + 1 end end)
  t = {}
  show(box, ok, message, n)
  n = 0
  ok, message = pcall(function() while true do t[function() return t end] = n n = n + 1 end end)
  t = nil
  show(box, ok, message, n)
end)
