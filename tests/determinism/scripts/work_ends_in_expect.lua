-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000

test("tables that are compared, each many times", function(box)
  local function tree(depth) if depth == 0 then return {} end local t = tree(depth - 1) return { t, t } end
  expect.eq(tree(40), tree(40))
end)
