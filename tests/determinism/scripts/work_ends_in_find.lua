-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000
local show = include("lib/show.lua")

test("a pattern that backtracks", function(box)
  show(box, pcall(string.find, ("a"):rep(200), ".-.-.-b"))
  local s = ("a"):rep(20000)
  s:find(".-.-.-.-.-b")
end)
