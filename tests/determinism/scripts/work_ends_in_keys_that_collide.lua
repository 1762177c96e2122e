-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 5000000

test("keys and strings that were chosen to meet", function(box)
  local t = {}
  for i = 0, 30000 do t[i * 65535.0 + 0.5] = i t[(1 << 40) + i * 65535] = i end
  local n = 0
  while true do
    for i = 0, 30000 do n = n + (t[(1 << 40) + i * 65535] or 0) end
  end
end)

-- long
