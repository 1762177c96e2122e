-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("NaN as text and as bytes", function(box)
  local nan = 0 / 0
  for _, n in ipairs({ nan, -nan, math.huge - math.huge, math.sqrt(-1), math.fmod(1, 0.0), nan + 1, tonumber("nan") or 0 }) do
    show(box, n, string.format("%f %g %e %a %5.1f %q", n, n, n, n, n, n))
    show(box, string.pack("<d", n):byte(1, -1))
    show(box, string.pack(">f", n):byte(1, -1))
  end
  show(box, string.pack("d", (string.unpack("<d", "\1\2\3\4\5\6\xf8\xff"))):byte(1, -1))
  show(box, nan == nan, nan ~= nan, nan < nan, pcall(function() local t = {} t[nan] = 1 end))
end)
