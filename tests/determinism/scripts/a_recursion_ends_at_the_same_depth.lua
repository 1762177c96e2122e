-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 256
local show = include("lib/show.lua")

test("stack overflow, in Lua and in C", function(box)
  local depth = 0
  local function down() depth = depth + 1 return 1 + down() end
  local ok, message = pcall(down)
  show(box, ok, message, depth)
  depth = 0
  local function through_c() depth = depth + 1 return ("x"):gsub("x", through_c) end
  ok, message = pcall(through_c)
  show(box, ok, message, depth)
  depth = 0
  local function through_pcall() depth = depth + 1 return pcall(through_pcall) end
  show(box, through_pcall())
  show(box, depth)
  depth = 0
  local t = setmetatable({}, { __index = function(t, k) depth = depth + 1 return t[k + 1] end })
  ok, message = pcall(function() return t[1] end)
  show(box, ok, message, depth)
end)

-- long
