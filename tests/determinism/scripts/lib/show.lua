-- SPDX-License-Identifier: BSD-3-Clause
-- For include(): what is given to show(box, ...) becomes notes of the timeline.
return function(box, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  local text = table.concat(words, " "):gsub("[%c\x7f-\xff]", function(c)
    return string.format("\\%d", c:byte())
  end)
  for i = 1, #text, 800 do box:note(text:sub(i, i + 799)) end
end
