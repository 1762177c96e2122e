-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs over a table that changes", function(box)
  local t, seen = {}, {}
  for i = 1, 100 do t["k" .. i] = i end
  for k, v in pairs(t) do
    seen[#seen + 1] = v
    t[k], t["k" .. 101 - v], t["new" .. v] = nil, nil, v
  end
  show(box, table.concat(seen, " "))
end)
