-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("processes, sleeps and packets of one instant", function(box)
  for i = 1, 8 do
    box:spawn("p" .. i, function()
      box:sleep(i % 3)
      show(box, "p" .. i, box:now())
      box:connect("127.0.0.1", 20 + i)
      show(box, "p" .. i .. " again", box:now())
    end)
  end
  box:sleep(5)
end)
