-- SPDX-License-Identifier: BSD-3-Clause
--
-- Expectations, claims and hooks: what passes, and the message of each that does not.

-- Fails unless each call raises an error with these words.
local function says(rows)
  for i, row in ipairs(rows) do
    local ok, message = pcall(row[1])
    expect.eq(ok, false, "row " .. i)
    message = tostring(message)
    if not message:find(row[2], 1, true) then
      error("row " .. i .. ": expected '" .. row[2] .. "', not '" .. message .. "'")
    end
  end
end

test("what holds", function()
  expect.eq(1, 1.0)
  expect.eq(1.0000001, 1.0000002)
  expect.eq(1e300, 1e300)
  expect.eq({ 1, { a = { "x" } } }, { 1, { a = { "x" } } })
  expect.eq(nil, nil)
  expect.ne(1, "1")
  expect.ne(1, 1.000001)
  expect.ne(1e300, 1.1e300)
  expect.ne(1 << 53, (1 << 53) + 1)
  expect.ne({ 1 }, { 1, 2 })
  expect.ne({ 1, 2 }, { 1 })
  expect.ne({ a = 1 }, { b = 1 })
  expect.ne({}, "x")
  expect.ne("x", {})
  expect.ok(0)
  expect.ok("")
  expect.lt(1, 2)
  expect.le(1, 1)
  expect.le(1.0000002, 1.0000001)
  expect.near(1, 1.5, 0.5)
  expect.near(1, 1.1, 0.1)
  expect.near(2, 2, 0)
  expect.match("abc", "b")
  expect.match("abc", "^a.c$")
  expect.match(expect.error(function() error("no") end), "no$")
  expect.match(expect.error(function() error("no way") end, "w.y"), "no way")
end)

test("what does not", function()
  says({
    { function() expect.eq(1, 2) end, "expect.eq failed\n  expected  2\n  actual    1" },
    { function() expect.eq(1, 2, "why") end, "expect.eq failed: why\n  expected  2" },
    { function() expect.eq(1, 2, "") end, "expect.eq failed\n" },
    { function() expect.ne(1, 1.0) end, "expected  anything but 1.0\n  actual    1" },
    { function() expect.ne(1, 1, "why") end, "expect.ne failed: why\n" },
    { function() expect.ok(nil) end, "expect.ok failed\n  expected  neither nil nor false" },
    { function() expect.ok(false, "why") end, "expect.ok failed: why" },
    { function() expect.fail() end, "expect.fail" },
    { function() expect.fail("why") end, "expect.fail: why" },
    { function() expect.fail("") end, "expect.fail" },
    { function() expect.lt(2, 2) end, "expected  less than 2\n  actual    2" },
    { function() expect.lt(2, 2.0000001) end, "expected  less than 2.0000001" },
    { function() expect.lt(3, 2, "why") end, "expect.lt failed: why" },
    { function() expect.le(3, 2) end, "expected  at most 2\n  actual    3" },
    { function() expect.near(1, 2, 0.5) end, "expected  within 0.5 of 2\n  actual    1" },
    { function() expect.near(1, 2, -1) end, "a distance is 0 or more" },
    { function() expect.near(2, 1, 0.5, "why") end, "expect.near failed: why" },
    { function() expect.match("abc", "d") end, "expected  a string that matches \"d\"" },
    { function() expect.match(5, "5") end, "a string that matches \"5\"\n  actual    5" },
    { function() expect.match("abc", {}) end, "takes a string as pattern, not {}" },
    { function() expect.error(function() end) end, "expected  an error\n  actual    none" },
    { function() expect.error(function() error("a", 0) end, "b") end,
      "expected  an error that matches \"b\"\n  actual    \"a\"" },
    { function() expect.error("x") end, "expect.error(fn [, pattern]) takes a function as fn" },
    { function() expect.eq(1) end, "expect.eq(actual, expected [, message]) needs expected" },
    { function() expect.match("a") end, "needs pattern, a string" },
    { function() expect.eq(1, 1, "a", "b") end, "expect.eq(actual, expected [, message]) takes" },
    { function() expect.lt("a", 1) end, "expect.lt(actual, limit [, message]) takes a number" },
  })
end)

-- Tables that are their own fields.
test("cycles end", function()
  local a, b = {}, {}
  a.a, b.a = a, b
  says({ { function() expect.eq(a, b) end, "tables that are nested too deeply" } })
end)

test("values are shown as a script writes them", function()
  local deep = { { { { { 1 } } } } }
  local rows = {
    { "a\"b\\c", [["a\"b\\c"]] },
    { "a\nb\1\127", [["a\nb\x01\x7F"]] },
    { {}, "{}" },
    { { 1, "x", true }, [[{ 1, "x", true }]] },
    { { 1, nil, 3 }, "{ 1, [3] = 3 }" },
    { { a = 1, _b2 = 2 }, "{ _b2 = 2, a = 1 }" },
    { { ["a b"] = 1 }, [==[{ ["a b"] = 1 }]==] },
    { { ["2a"] = 1 }, [==[{ ["2a"] = 1 }]==] },
    { { [""] = 1 }, [==[{ [""] = 1 }]==] },
    { { [true] = 1 }, "{ [true] = 1 }" },
    { deep, "{ { { { { ... } } } } }" },
    { 1.5, "1.5" },
    { ("x"):rep(300), [["]] .. ("x"):rep(199) .. "..." },
    { ("x"):rep(198), [["]] .. ("x"):rep(198) .. [["]] },
  }
  for i, row in ipairs(rows) do
    says({ { function() expect.eq(row[1], 0) end, "\n  actual    " .. row[2] } })
  end
  local many = {}
  for i = 1, 500 do many[i] = i end
  local ok, message = pcall(expect.eq, many, 0)
  expect.match(tostring(message), "{ 1, 2, 3, .*%.%.%.$")
end)

test("a packet is good only while its hook runs", function(box)
  local kept
  box:hook("LOOPBACK_IN", function(p)
    kept = kept or p
    says({
      { function() return p.sprot end, "did you mean 'sport'?" },
      { function() p.sprot = 1 end, "did you mean 'sport'?" },
      { function() p.sport = {} end, "packet.sport is set to an integer or a string" },
      { function() p.sport = nil end, "packet.sport is set to an integer or a string" },
      { function() p.sport = 1.5 end, "packet.sport is set to a whole number, not 1.5" },
      { function() p.sport = 65536 end, "packet.sport: a number from 0 to 65535 is expected" },
      { function() p.sport = "x" end, "packet.sport: " },
      { function() box:connect("127.0.0.1", 1) end, "cannot be called from a hook" },
    })
    expect.eq(p.type, nil)
    p.ttl = 7.0
    expect.eq(p.ttl, 7)
    return "pass"
  end)
  expect.eq({ box:connect("127.0.0.1", 22) }, { nil, "ECONNREFUSED" })
  says({
    { function() return kept.sport end, "a packet is good only while its hook runs" },
    { function() kept.sport = 1 end, "a packet is good only while its hook runs" },
  })
end)

test("a hook calls no host's verbs, and runs no more once the test is over", function(box)
  local remote = box:remote("192.168.1.20")
  local said = {}
  local hook = box:hook("LOOPBACK_IN", function()
    for i, host in ipairs({ box, remote }) do
      said[i] = select(2, pcall(host.connect, host, "192.168.1.5", 1))
    end
    said[3] = pcall(box.hook, box, "LOOPBACK_IN", function() end)
  end)
  box:udp(5000):sendto("x", "127.0.0.1", 5000)
  box:settle()
  expect.match(said[1], "box:connect cannot be called from a hook, which runs inside of the packet's path")
  expect.match(said[2], "remote:connect cannot be called from a hook, which runs inside of the packet's path")
  expect.eq(said[3], false)
  hook:remove()
  box:udp(5001):sendto("x", "127.0.0.1", 5000)
  box:settle()
  expect.eq(#said, 3)
end)

test("hooks that are registered", function(box)
  local function none() end
  says({
    { function() box:hook("NIC_EVENTS", none) end, "has no packets, and is not modelled" },
    { function() box:hook("XYZ", none) end, "there is no event 'XYZ'" },
    { function() box:hook("LOOPBACK_IN", none, { name = 5 }) end,
      "the option 'name' is a string of 60 bytes at most" },
    { function() box:hook("LOOPBACK_IN", none, { name = ("x"):rep(61) }) end,
      "the option 'name' is a string of 60 bytes at most" },
    { function() box:hook("LOOPBACK_IN", none, { name = "ipfilter_x" }) end,
      "names that begin with 'ipfilter_' are the filter's" },
    { function() box:hook("LOOPBACK_IN", none, { hint = "HH_FRIST" }) end,
      "there is no hint 'HH_FRIST' (did you mean 'HH_FIRST'?)" },
    { function() box:hook("LOOPBACK_IN", none, { hint = "BEFORE" }) end,
      "the hint 'BEFORE' needs the other hook's name" },
    { function() box:hook("LOOPBACK_IN", none, { hint = "HH_AFTER" }) end,
      "the hint 'HH_AFTER' needs the other hook's name" },
    { function() box:hook("LOOPBACK_IN", none, { family = "inet4" }) end,
      "the option 'family' is \"inet\" or \"inet6\"" },
  })
  local first = box:hook("LOOPBACK_IN", none, { name = "hook1" })
  local second = box:hook("LOOPBACK_IN", none) -- hook2: hook1 is taken
  expect.eq({ box:hook("LOOPBACK_IN", none, { name = "hook2" }) }, { nil, "EEXIST" })
  expect.eq({ box:hook("LOOPBACK_IN", none, { name = "hook2", family = "inet6" }) },
    { nil, "EEXIST" })
  second:remove()
  second:remove()
  expect.ok(box:hook("LOOPBACK_IN", none, { name = "hook2", family = "inet6" }))
  expect.ok(box:hook("LOOPBACK_IN", none, { name = "hook2", family = "inet" }))
  expect.ok(box:hook("LOOPBACK_IN", none, { name = "a", hint = "FIRST" }))
  expect.eq({ box:hook("LOOPBACK_IN", none, { name = "b", hint = "HH_FIRST" }) },
    { nil, "EBUSY" })
  first:remove()
end)

test("a hook is of its family", function(box)
  local seen = {}
  for _, family in ipairs({ "inet", "inet6" }) do
    box:hook("LOOPBACK_OUT", function(p)
      seen[#seen + 1] = family .. " " .. p.dst
    end, { family = family })
  end
  box:hook("LOOPBACK_OUT", function(p) seen[#seen + 1] = "both " .. p.dst end)
  box:udp():sendto("x", "127.0.0.1", 53)
  box:udp():sendto("x", "::1", 53)
  expect.eq({ seen[1], seen[2] }, { "inet 127.0.0.1", "both 127.0.0.1" })
  local six = {}
  for _, what in ipairs(seen) do
    if what:find("::1", 1, true) then six[#six + 1] = what end
  end
  expect.eq({ six[1], six[2] }, { "inet6 ::1", "both ::1" })
end)

test("claims may look and not touch", function(box)
  local asked = 0
  box:always("looks", function()
    asked = asked + 1
    says({
      { function() box:connect("127.0.0.1", 1) end,
        "cannot be called from what box:always and box:eventually ask" },
      { function() box:note("x") end, "cannot be called from what box:always" },
    })
    return box:now() >= 0 and box:counters().depth_max >= 0 and #box:endpoints() >= 0 and
      box:ipfstat() ~= ""
  end)
  box:sleep(1)
  box:sleep(1)
  expect.lt(0, asked)
end)

test("the filter's verbs take options as on a command line", function(box)
  says({
    { function() box:ipfstat("io") end, "options are written as on a command line" },
    { function() box:ipfstat("-") end, "options are written as on a command line" },
    { function() box:ipfstat("- i") end, "options are written as on a command line" },
    { function() box:ipfstat("-Z") end, "box:ipfstat: " },
    { function() box:ipmon("-Z") end, "box:ipmon: " },
    { function() box:ipf_log("pas") end,
      "box:ipf_log takes 'pass', 'block' and 'nomatch', not 'pas'" },
  })
  box:filter("pass in quick on lo0 all\npass out quick on lo0 all")
  expect.eq(box:ipfstat("-i"), "pass in quick on lo0 all\n")
  expect.eq(box:ipfstat(" -i  -o "), box:ipfstat("-io"))
  expect.eq(box:ipmon(), "")
  box:ipf_log("pass")
  box:connect("127.0.0.1", 22)
  expect.match(box:ipmon(), "127.0.0.1,22 PR tcp len 20 ")
end)
