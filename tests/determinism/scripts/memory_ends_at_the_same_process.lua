-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1
local show = include("lib/show.lua")

test("where the limit strikes: processes and sockets", function(box)
  local n = 0
  local room = ("x"):rep(250000) .. "y"
  room = { room .. 1, room .. 2 , room .. 3 }
  local ok, message = pcall(function() while true do box:spawn("p" .. n, function() box:sleep(1) end) n = n + 1 end end)
  room = #room
  show(box, ok, message, n, room)
end)
