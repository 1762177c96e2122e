-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("< on strings, whatever the locale is", function(box)
  local words = { "z", "a", "Z", "A", "\xc3\xa4", "\xe4", "_", "10", "9", "a\0b", "a\0a", "a", "", "I", "i", "\xc4\xb1" }
  table.sort(words)
  show(box, table.unpack(words))
  show(box, ("I"):lower(), ("i"):upper(), ("\xe4"):upper(), ("\xe4"):match("%a"), ("\xdd"):lower())
  show(box, string.format("%q", "\xe4\0\r\n\t\"\\"))
end)
