-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("tostring of objects, and %s, %p and errors with them", function(box)
  local t, f = {}, function() end
  show(box, t, f, box, expect, string.rep, t)
  show(box, string.format("%s %s", f, t))
  show(box, pcall(string.format, "%p", t))
  show(box, pcall(string.format, "%-10p", t))
  show(box, pcall(error, t))
  show(box, pcall(function() return t .. "x" end))
  show(box, pcall(function() return t < t end))
  show(box, pcall(function() return #f end))
  show(box, setmetatable({}, { __name = "mine" }), setmetatable({}, { __tostring = function() return "own" end }))
end)
