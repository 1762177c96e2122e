-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("tostring and string.format of floats", function(box)
  local numbers = { 0.0, -0.0, 1e15, 1e16, 1e100, 0.1, 1 / 3, 2^53, 2^63, -2^63, 5e-324, 1.7976931348623157e308, math.pi,
    1e300 * 1e10, -1e300 * 1e10, 123456789012345678 }
  for _, n in ipairs(numbers) do
    show(box, n, string.format("%g %e %f %a %.17g %.3f %5.1f|%-12.4g|%+.2e", n, n, n, n, n, n, n, n, n))
    show(box, string.format("%q", n))
  end
  show(box, string.format("%.99f", 1 / 3))
  show(box, #string.format("%.99f", -1.7976931348623157e308))
  show(box, pcall(string.format, "%99999d", 1))
  show(box, pcall(string.format, "%.100f", 1))
end)
