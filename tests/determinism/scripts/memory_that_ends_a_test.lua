-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1

test("the message of a test that memory ended", function(box)
  local t = {}
  while true do
    t[#t + 1] = {}
  end
end)
