-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("utf8.*, valid and not", function(box)
  show(box, utf8.len("\u{e4}\u{20ac}\u{10ffff}"), utf8.len("\xff"), utf8.len("\u{d800}", 1, -1, true))
  show(box, utf8.char(72, 228, 8364, 0x10ffff, 0x7fffffff))
  show(box, utf8.codepoint("h\u{e4}\u{20ac}", 1, -1))
  for p, c in utf8.codes("a\u{e4}\u{20ac}") do show(box, p, c) end
  show(box, pcall(function() for _ in utf8.codes("a\xffb") do end end))
  show(box, utf8.offset("a\u{e4}b", 3), utf8.offset("a\u{e4}b", -1), pcall(utf8.offset, "\u{e4}", 1, 2), utf8.charpattern)
end)
