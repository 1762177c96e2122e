-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("pairs over keys that are functions of C", function(box)
  local t = {}
  for name, f in pairs(string) do if type(f) == "function" then t[f] = name end end
  for name, f in pairs(table) do t[f] = name end
  for name, f in pairs(math) do if type(f) == "function" then t[f] = name end end
  t[ipairs({})], t[utf8.codes("")], t[utf8.codes("", true)] = "ipairs's", "codes'", "lax codes'"
  t[box.connect], t[box.listen], t[expect.eq] = "connect", "listen", "eq"
  local order = {}
  for _, name in pairs(t) do order[#order + 1] = name end
  show(box, table.concat(order, " "))
end)
