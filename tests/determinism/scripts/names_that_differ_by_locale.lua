-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("what a locale would change: case, digits, order", function(box)
  show(box, ("%.2f"):format(1234.5), 1.5, 1e3, tonumber("1,5"), tonumber("1.5"), "1.5" + 1)
  show(box, ("\xc4\xe4\xfc"):lower():byte(1, -1))
  show(box, ("\xa0"):match("%s"), ("\xe4"):match("%w"), ("\x85"):match("%p"), ("\xb2"):match("%d"))
end)
