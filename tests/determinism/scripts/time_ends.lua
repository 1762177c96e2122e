-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-time 5

test("the limit of virtual time", function(box)
  while true do
    box:sleep(0.5)
  end
end)
