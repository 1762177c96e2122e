-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000

test("long strings that are equal", function(box)
  local a, b = ("x"):rep(1 << 22) .. "a", ("x"):rep(1 << 22) .. "a"
  local n = 0
  while true do
    n = n + (a == b and 1 or 0)
    if a < b then break end
  end
end)

-- long
