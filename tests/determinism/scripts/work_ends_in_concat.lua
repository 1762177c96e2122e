-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 300000

test("table.concat of a length that is a lie", function(box)
  local t = setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return "" end })
  table.concat(t)
end)
