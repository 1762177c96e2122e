-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("xpcall whose handler fails", function(box)
  show(box, xpcall(error, function(e) return "handled " .. tostring(e) end, "x"))
  show(box, xpcall(error, function(e) error(e) end, "x"))
  local n = 0
  show(box, xpcall(error, function(e) n = n + 1 if n < 5 then error(n) end return n end, "x"))
  show(box, pcall(xpcall, error))
end)
