-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("__mode, also where it is set later", function(box)
  show(box, pcall(setmetatable, {}, { __mode = "k" }))
  show(box, pcall(setmetatable, {}, { __mode = "v" }))
  local meta = {}
  local t = setmetatable({}, meta)
  meta.__mode = "kv"
  for i = 1, 1000 do t[{}], t[i] = i, {} end
  for i = 1, 20000 do local _ = { {} } end
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  show(box, n)
end)
