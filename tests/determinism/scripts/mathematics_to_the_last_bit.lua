-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("what C libraries and processors round otherwise", function(box)
  local ones = { "sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "floor", "ceil" }
  for _, name in ipairs(ones) do
    local f, sum, last = math[name], 0, nil
    for i = 1, 3000 do
      local n = f(name:match("^a[sc]") and i / 3001 or i * 0.0331)
      sum = (sum * 31 + (string.unpack("<i8", string.pack("<d", n)))) & 0xffffffffffff
      last = n
    end
    show(box, name, string.format("%x %.17g", sum, last))
  end
  local sum = 0
  for i = 1, 3000 do
    for _, n in ipairs({ (i * 0.01) ^ (i * 0.0013), math.log(i, 2), math.log(i, 10), math.log(i, 7), math.atan(i, i * i * 0.13),
      math.fmod(i * 1.7, 0.3), i * 0.1 + 0.1 * i * i, math.exp(i) }) do
      sum = (sum * 31 + (string.unpack("<i8", string.pack("<d", n)))) & 0xffffffffffff
    end
  end
  show(box, string.format("%x", sum), 2^0.5, 2^-1074, 10^308, (-8)^(1 / 3), 0^0, math.sin(1e300), math.exp(1000), math.log(0), math.log(-1))
end)
