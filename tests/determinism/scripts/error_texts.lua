-- SPDX-License-Identifier: BSD-3-Clause
local show = include("lib/show.lua")

test("what Lua says of mistakes", function(box)
  local t, s, n = {}, "x", nil
  local mistakes = {
    function() return t.x.y end, function() return n() end, function() return s() end, function() t.x.y = 1 end,
    function() return t + 1 end, function() return s + 1 end, function() return s .. t end, function() return -t end,
    function() return #n end, function() return t < 1 end, function() return 1 < "2" end, function() return 1.5 | 1 end,
    function() return "a" | 1 end, function() for i = 1, 10, 0 do end end, function() for i = "a", 2 do end end,
    function() s:nosuch() end, function() string.rep() end, function() ("x"):rep({}) end, function() setmetatable(1, {}) end,
    function() t[nil] = 1 end, function() return math.floor({}) end, function() string.char(256) end, function() ("x"):format("%d", "y") end,
    function() return ("%d"):format(1.5) end, function() return table.concat({ {} }) end, function() return select(0) end,
    function() return tostring() end, function() error() end, function() error(nil) end, function() error({ code = 1 }) end,
    function() error("x", 0) end, function() error("x", 2) end, function() assert(false) end, function() assert(nil, "why") end,
    function() return utf8.char(-1) end, function() return utf8.codepoint("\xff") end, function() return ("x"):find("[a") end,
    function() return ("x"):gsub("%", "") end, function() return ("x"):gsub("x", "%2") end, function() return ("x"):rep(1 << 62) end,
    function() return table.unpack({}, 1, 1e8) end, function() return ("("):rep(40):match(("("):rep(40)) end,
    function() return _G.nosuch end, function() nosuch = 1 end, function() return box.nosuch end, function() return box:listen({}) end,
    function() return os.time() end, function() return require("x") end,
  }
  for i, mistake in ipairs(mistakes) do
    local _, text = pcall(mistake)
    show(box, i, text)
  end
end)
