-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 2
local show = include("lib/show.lua")

test("what is left after the limit was met again and again", function(box)
  local counts, keep = {}, {}
  for round = 1, 8 do
    local n = 0
    pcall(function() while true do keep[#keep + 1] = ("x"):rep(1000) .. #keep n = n + 1 end end)
    counts[round] = n
    for i = 1, #keep, round + 1 do keep[i] = "gone" end
  end
  show(box, table.concat(counts, " "))
end)
