-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("string.find, match, gmatch and gsub", function(box)
  show(box, ("key = value"):find("^(%w+)%s*=%s*(%w+)$"))
  show(box, ("f(a(b)c)d"):match("%b()"))
  show(box, ("THE (quick) fox"):find("%f[%a]%a+%f[%A]"))
  show(box, ("hello world"):gsub("o", { o = 0 }))
  show(box, ("abc"):gsub("", "-"))
  show(box, ("abc"):gsub("%w", "%0%0", 2))
  show(box, ("x\0y"):find("\0"), ("a+b"):find("+", 1, true), (""):find(""), (""):find("", 2))
  for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do show(box, k, v) end
  for w in ("one two"):gmatch("()%a+()") do show(box, w) end
  show(box, pcall(string.rep, "x", -1))
end)
