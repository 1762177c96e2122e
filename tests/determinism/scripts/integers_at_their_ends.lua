-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("arithmetic that overflows, and conversions", function(box)
  local most, least = math.maxinteger, math.mininteger
  show(box, most + 1 == least, least - 1 == most, least // -1, least % -1, -least, most * 2, most * most)
  show(box, pcall(function() return 1 // 0 end))
  show(box, pcall(function() return 1 % 0 end))
  show(box, 1 // 0.0, -1 // 0.0, 1 % 0.0, 5.3 % -2, -5.3 % 2, 5 % -3, -5 // 2)
  show(box, 1 << 63, 1 << 64, 1 << -1, -1 >> 1, -1 >> 63, 1 << most, most << 1, ~0)
  show(box, 2^53 == 2^53 + 1, math.tointeger(2^53), math.tointeger(2^63), pcall(function() return 2^63 | 0 end))
  show(box, most + 0.0, most // 1.0, 0x7fffffffffffffff, 0xffffffffffffffffff, 9223372036854775808, "10" + 1, "0x10" * 2)
  show(box, tonumber("1e1"), tonumber(" 10 "), tonumber("10", 36), tonumber("zz", 36), tonumber("8", 8), tonumber("1e"), tonumber(""))
  for i = most - 2, most do show(box, i) end
end)
