-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("string.pack with what is called native", function(box)
  for _, format in ipairs({ "i", "l", "j", "h", "T", "n", "d", "f", "s", "!i", "!bi", "!4bj", "=I4", ">I4", "<I4", "i16", "!bd", "bxXi4", "z" }) do
    local ok, bytes = pcall(string.pack, format, format:find("[sz]") and "abc" or 1, 2, 3)
    show(box, format, ok, ok and table.concat({ bytes:byte(1, -1) }, " ") or bytes)
    show(box, pcall(string.packsize, format))
  end
  show(box, pcall(string.pack, "i17", 1))
  show(box, pcall(string.unpack, "s", "\xff\xff\xff\xff\xff\xff\xff\xff"))
end)
