-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 300000

test("table.sort of a length that is a lie", function(box)
  local t = setmetatable({}, { __len = function() return 1 << 40 end, __index = function() return 1 end, __newindex = function() end })
  table.sort(t)
end)
