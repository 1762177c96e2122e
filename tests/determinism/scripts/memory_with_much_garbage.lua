-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 2 --max-instructions 20000000
local show = include("lib/show.lua")

test("where the limit strikes beside garbage", function(box)
  local keep, n = {}, 0
  local ok, message = pcall(function()
    while true do
      n = n + 1
      for i = 1, 20 do local _ = { i, {}, "g" .. i * n, function() return i end } end
      keep[n] = { n, tostring(n) }
    end
  end)
  keep = nil
  show(box, ok, message, n)
end)

-- long
