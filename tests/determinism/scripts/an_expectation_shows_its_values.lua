-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("repr of tables of all kinds of keys", function(box)
  local t = { [{}] = 1, [{ 2 }] = { 3 }, [function() end] = "f", x = 0 / 0, y = -0.0, [1.5] = 2^63, [true] = "\xff\0", z = box }
  show(box, select(2, pcall(expect.eq, t, 1)))
  expect.eq(t, { 1 })
end)
