-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 300000

test("table.move over 2^60 places", function(box)
  local t = setmetatable({}, { __newindex = function() end })
  table.move(t, 1, 1 << 60, 2)
end)
