-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 3000000

test("a gsub that never ends, caught", function(box)
  local s = ("a"):rep(5000)
  while true do
    pcall(string.gsub, s, "(a*)*b", "%1")
    pcall(string.gsub, s, "a-$", "")
  end
end)
