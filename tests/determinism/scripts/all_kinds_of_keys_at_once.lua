-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs and next over keys of all kinds", function(box)
  local t = { [1] = "1", [2^53] = "2^53", [-0.5] = "-0.5", [math.huge] = "inf", [-math.huge] = "-inf", [true] = "true",
    [false] = "false", a = "a", ["\0"] = "nul", ["\xff"] = "ff", [""] = "empty", [{}] = "table", [type] = "type" }
  for _, v in pairs(t) do show(box, v) end
  local k, v = next(t)
  while k ~= nil do show(box, "next", v) k, v = next(t, k) end
end)
