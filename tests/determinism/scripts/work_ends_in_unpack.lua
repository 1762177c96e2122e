-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000

test("values that are handed around by the hundred thousand", function(box)
  local t = {}
  for i = 1, 100000 do t[i] = i end
  local function count(...) return select("#", ...) end
  local n = 0
  while true do n = n + count(table.unpack(t)) end
end)
