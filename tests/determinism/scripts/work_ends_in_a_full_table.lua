-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000
local show = include("lib/show.lua")

test("a table that is full, and rehashed at each insertion", function(box)
  local t = {}
  for i = 1, 1024 do t["k" .. i] = i end
  local n = 1024
  while true do
    t["k" .. n - 1023], t["k" .. n + 1] = nil, n
    n = n + 1
    if n % 4096 == 0 then show(box, n) end
  end
end)

-- long
