-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("__gc, also where it is set later, and __close", function(box)
  show(box, pcall(setmetatable, {}, { __gc = function() end }))
  local meta, ran = {}, 0
  for i = 1, 2000 do setmetatable({}, meta) end
  meta.__gc = function() ran = ran + 1 end
  for i = 1, 50000 do local _ = { {} } end
  show(box, ran)
  do
    local a <close> = setmetatable({}, { __close = function() show(box, "closed a") end })
    local b <close> = setmetatable({}, { __close = function() show(box, "closed b") end })
  end
end)
