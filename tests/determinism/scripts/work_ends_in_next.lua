-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000
local show = include("lib/show.lua")

test("a walk by next, which looks for the next key each time", function(box)
  local t = {}
  for i = 1, 5000 do t["k" .. i] = i end
  local k, n = nil, 0
  repeat k, n = next(t, k), n + 1 until k == nil
  show(box, n)
end)
