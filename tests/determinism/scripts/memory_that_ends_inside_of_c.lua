-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("the place of a test that memory ended inside of a function of C", function(box)
  local s =
    ("x"):rep(100 << 20)
  show(box, #s)
end)
