-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1
local show = include("lib/show.lua")

test("string.rep, concat, gsub and format that take too much", function(box)
  local s = ("x"):rep(300000)
  show(box, pcall(string.rep, s, 10))
  show(box, pcall(string.rep, "x", 1 << 40))
  show(box, pcall(string.rep, s, 1 << 62))
  show(box, pcall(table.concat, { s, s, s, s }))
  show(box, pcall(string.gsub, s, "x", "yyyyyyyy"))
  show(box, pcall(string.format, "%s%s%s%s", s, s, s, s))
  show(box, pcall(function() return s .. s .. s .. s end))
  show(box, pcall(string.pack, "c2000000", "x"))
  show(box, pcall(function() return #table.pack(s:byte(1, 100000)) end))
  show(box, pcall(function() return s:rep(4):byte(1, -1) end))
end)
