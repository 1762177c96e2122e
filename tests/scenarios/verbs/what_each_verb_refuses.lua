-- SPDX-License-Identifier: BSD-3-Clause
--
-- Arguments and options that are refused, each with the words that say what is right. Each row is a
-- call, and words of its message.

-- Fails unless each call raises an error with its words, and nothing was put onto the path.
local function refused(box, rows)
  for _, row in ipairs(rows) do
    local ok, message = pcall(row[1])
    expect.eq(ok, false, row[2])
    if not message:find(row[2], 1, true) then
      error("expected '" .. row[2] .. "', not '" .. message .. "'")
    end
  end
  expect.eq(#box:packets("snoop"), 0)
end

test("addresses, names and ports", function(box)
  local udp = box:udp(5353)
  refused(box, {
    { function() box:connect("localhst", 22) end, "nor a name that box:hosts gave" },
    { function() box:connect("127.0.0.1", "sssh") end,
      "there is no service 'sssh'; did you mean 'ssh'?" },
    { function() box:connect("127.0.0.1", "zzzzzzz") end,
      "there is no service 'zzzzzzz'; write the port's number" },
    { function() box:connect("127.0.0.1", "tftp") end,
      "tftp is no service of tcp; its port elsewhere is 69" },
    { function() box:udp("telnet") end, "telnet is no service of udp; its port elsewhere is 23" },
    { function() box:connect("127.0.0.1", 0) end, "a port is a number from 1 to 65535" },
    { function() box:connect("127.0.0.1", 65536) end, "a port is a number from 1 to 65535" },
    { function() box:connect("127.0.0.1", 1.5) end, "a port is a number from 1 to 65535" },
    { function() udp:sendto("x", "127.0.0.1", 0) end, "#3 to 'sendto' (a port is a number" },
    { function() udp:sendto("x", "y", 53) end, "#2 to 'sendto' (not an IP address" },
    { function() box:listen(23, "there") end, "#2 to 'listen' (not an IP address" },
    { function() box:hosts({ 5 }) end, "box:hosts: a name is a string" },
    { function() box:hosts({ ["127.0.0.1"] = "127.0.0.1" }) end,
      "box:hosts: '127.0.0.1' is an address, and no name" },
    { function() box:hosts({ a = {} }) end, "'a' is an address, or a list of at most 16" },
    { function() box:hosts({ a = 5 }) end, "'a' is an address, or a list of at most 16" },
    { function()
      local many = {}
      for i = 1, 17 do many[i] = "10.0.0." .. i end
      box:hosts({ a = many })
    end, "'a' is an address, or a list of at most 16" },
    { function() box:hosts({ a = { "127.0.0.1", "x" } }) end, "element 2 is no address" },
    { function() box:hosts({ a = "localhost" }) end, "element 1 is no address" },
    { function() box:hosts({ a = { 5 } }) end, "element 1 is no address" },
  })
end)

test("options of connect and listen are named in what is said of them", function(box)
  local function with(options) return function() box:connect("127.0.0.1", 22, options) end end
  local function listen(backlog)
    return function() box:listen(23, "127.0.0.1", { backlog = backlog }) end
  end
  refused(box, {
    { with({ timeout = -1 }), "box:connect: 'timeout': a time is 0 seconds or more, up to 1e9" },
    { with({ timeout = 2e9 }), "box:connect: 'timeout': a time is 0 seconds or more" },
    { with({ timeout = 0 / 0 }), "box:connect: 'timeout': a time is 0 seconds or more" },
    { with({ timeout = "soon" }), "box:connect: 'timeout': a time is 0 seconds or more" },
    { with({ wait = 1 }), "box:connect: 'wait' is true or false" },
    { with({ port = "x" }), "box:connect: 'port': there is no service 'x'" },
    { with({ port = 0 }), "box:connect: 'port': a port is a number from 1 to 65535" },
    { with({ port = {} }), "box:connect: 'port': a port is a number from 1 to 65535" },
    { with({ address = 5 }), "box:connect: 'address': not an IP address" },
    { with({ address = "here" }), "box:connect: 'address': not an IP address" },
    { with({ adress = "::1" }), "box:connect has no option 'adress'; did you mean 'address'?" },
    { listen(-1), "box:listen: 'backlog' is a whole number from 0 to 4096" },
    { listen(4097), "box:listen: 'backlog' is a whole number from 0 to 4096" },
    { listen("all"), "box:listen: 'backlog' is a whole number from 0 to 4096" },
    { listen(1.5), "box:listen: 'backlog' is a whole number from 0 to 4096" },
  })
end)

test("times, numbers and names of the box", function(box)
  box:remote("192.168.1.20")
  refused(box, {
    { function() box:sleep(-1) end, "a time is 0 seconds or more, up to 1e9" },
    { function() box:sleep(2e9) end, "a time is 0 seconds or more, up to 1e9" },
    { function() box:sleep(0 / 0) end, "a time is 0 seconds or more, up to 1e9" },
    { function() box:remote("192.168.1.21", { latency = 1 }) end, "the wire is there already" },
    { function() box:remote("127.0.0.1") end, "192.168.1.1 to 192.168.1.254" },
    { function() box:remote("192.168.1.20") end, "there is such a remote host already" },
    { function() box:reply_mode("rewrit") end, "did you mean 'rewrite'?" },
    { function() box:era("linux", { syn_retries = 16 }) end,
      "box:era: 'syn_retries' is an integer from 0 to 15" },
    { function() box:era("linux", { syn_linear = -1 }) end,
      "box:era: 'syn_linear' is an integer from 0 to 15" },
    { function() box:era("linux", { syn_linear = 1.5 }) end,
      "box:era: 'syn_linear' is an integer from 0 to 15" },
    { function() box:era("post", { syn_linear = 1 }) end,
      "box:era: the era 'post' has no options" },
    { function() box:era("linx") end, "there is no era 'linx'; did you mean 'linux'?" },
    { function() box:rand(2, 1) end, "two integers at most 2^32 - 1 apart" },
    { function() box:rand(0, 1 << 32) end, "two integers at most 2^32 - 1 apart" },
    { function() box:snoop("bge0") end, "only \"lo0\" is modelled, not 'bge0'" },
    { function() box:fusion(1) end, "takes a boolean as on, not 1" },
    { function() box:note(("x"):rep(901)) end, "box:note takes at most 900 bytes" },
    { function() box:note("a\tb") end, "box:note takes text without tabs" },
    { function() box:filter({ file = 5 }) end, "rules as a string, or { file = \"x.conf\" }" },
    { function() box:filter({ file = "/etc/passwd" }) end,
      "does not lie in the script's folder or below it" },
    { function() box:filter({ file = "none.conf" }) end, "none.conf: No such file" },
    { function() box:filter({ fil = "x.conf" }) end, "no option 'fil'; did you mean 'file'?" },
    { function() box:spawn(("x"):rep(201), function() end) end,
      "box:spawn takes a name of at most 200 bytes, not 201" },
    { function() box:spawn("a\0b", function() end) end,
      "box:spawn takes a name without zero bytes" },
    { function() box:always(("x"):rep(201), function() return true end) end,
      "box:always takes a name of at most 200 bytes, not 201" },
    { function() box:eventually("a\0b", function() return true end) end,
      "box:eventually takes a name without zero bytes" },
    { function() box:spawn("p", 5) end, "takes a function as fn, not 5" },
    { function() box:packets("snop") end, "there is no tap 'snop'; did you mean 'snoop'?" },
    { function() box:packets("LOOPBACK_IN") end,
      "'LOOPBACK_IN:before' or 'LOOPBACK_IN:after'" },
    { function() box:packets("PHYSICAL_OUT") end,
      "'PHYSICAL_OUT:before' or 'PHYSICAL_OUT:after'" },
    { function() box:expect_packets("snoop", { a = 1 }) end, "takes a list of patterns" },
    { function() box:expect_packets("snoop", { 5 }) end, "pattern 1 is not a string" },
    { function() box:expect_packets("snoop", { "xyz" }) end, "pattern 1, column 1: expected" },
    { function() box:hook("LOOPBACK", function() end) end, "did you mean 'LOOPBACK_IN'?" },
    { function() box:hook("LOOPBACK_IN", 5) end, "takes a function as fn, not 5" },
    { function() box:hook("LOOPBACK_IN", function() end, { hint = "x" }) end,
      "there is no hint 'x'; there are: FIRST, LAST, BEFORE, AFTER" },
    { function() box:hook("LOOPBACK_IN", function() end, { before = "b" }) end,
      "box:hook has no option 'before'; it has: name, hint, of, family" },
  })
end)

test("the first remote host says what the wire is like", function(box)
  local function far(options) return function() box:remote("192.168.1.20", options) end end
  refused(box, {
    { far({ latency = -1 }), "box:remote: 'latency' is a number from 0 to 3600" },
    { far({ latency = 3601 }), "box:remote: 'latency' is a number from 0 to 3600" },
    { far({ latency = "long" }), "box:remote: 'latency' is a number from 0 to 3600" },
    { far({ rate = -1 }), "box:remote: 'rate' is a number from 0 to 1" },
  })
  box:remote("192.168.1.20", { latency = 0.5 })
  expect.eq(box:ping("192.168.1.20") >= 1, true)
end)

test("what sockets take", function(box)
  local tcp, udp, listener = box:socket("tcp"), box:udp(5353), box:listen(22)
  refused(box, {
    { function() tcp:set({ linger = true }) end, "'linger' is false, 0 (a close is a RST), or" },
    { function() tcp:set({ linger = "x" }) end, "'linger' is false, 0 (a close is a RST), or" },
    { function() tcp:set({ nodelay = 1 }) end, "'nodelay' is true or false" },
    { function() tcp:set({ rcvbuf = 0 }) end, "'rcvbuf' is a number of bytes, from 1" },
    { function() tcp:set({ rcvbuf = 1.5 }) end, "'rcvbuf' is a number of bytes, from 1" },
    { function() tcp:set({ rcvbuf = 1 << 31 }) end, "'rcvbuf' is a number of bytes, from 1" },
    { function() tcp:set({ keepcnt = 128 }) end, "'keepcnt' is a number, from 1 to 127" },
    { function() tcp:set({ keepidle = 0 }) end, "'keepidle' is a time in seconds" },
    { function() tcp:set({ rcvtimeo = -1 }) end, "'rcvtimeo' is a time in seconds" },
    { function() tcp:set({ rcvtimeo = 2e9 }) end, "'rcvtimeo' is a time in seconds" },
    { function() tcp:set({ rcvtimeo = true }) end, "'rcvtimeo' is a time in seconds" },
    { function() tcp:get("nodela") end,
      "there is no option 'nodela'; did you mean 'nodelay'?" },
    { function() tcp:peek(0) end, "the most to see is 1 to 65536 bytes" },
    { function() tcp:peek(65537) end, "the most to see is 1 to 65536 bytes" },
    { function() tcp:recv(0) end, "how many bytes to take, 1 to 65536" },
    { function() tcp:recv(65537) end, "how many bytes to take, 1 to 65536" },
    { function() tcp:shutdown("all") end,
      "there is no side 'all'; there are: write, read, both" },
    { function() tcp:listen(1 << 31) end, "a backlog is an int" },
    { function() tcp:send(nil) end, "needs data, a string" },
    { function() udp:recv(-1) end, "a time is 0 seconds or more" },
    { function() listener:accept(-1) end, "a time is 0 seconds or more" },
    { function() box:socket("sctp") end, "there is no kind of socket 'sctp'; there are: tcp, udp" },
    { function() box:socket("tcp", "inet4") end,
      "there is no family 'inet4'; did you mean 'inet'?" },
    { function() box:poll({ 5 }) end, "element 1 of the list is no socket" },
    { function() box:poll({ udp, "x" }, 1) end, "element 2 of the list is no socket" },
    { function() box:ping("127.0.0.1", { size = -1 }) end,
      "ping: 'size' is a whole number from 0 to 60000" },
    { function() box:ping("127.0.0.1", { size = 60001 }) end,
      "ping: 'size' is a whole number from 0 to 60000" },
    { function() box:ping("127.0.0.1", { size = "1" }) end,
      "ping: 'size' is a whole number from 0 to 60000" },
    { function() box:ping("127.0.0.1", { timeout = 86401 }) end,
      "ping: 'timeout' is a whole number from 0 to 86400" },
    { function() box:ping("127.0.0.1", { timeout = 1.5 }) end,
      "ping: 'timeout' is a whole number from 0 to 86400" },
    { function() box.connect(5, "127.0.0.1", 22) end, "is called with a colon" },
    { function() tcp.recv(udp) end, "is called with a colon" },
    { function() tcp.getsockname(5) end, "is called with a colon" },
  })
end)

test("the least and the most that options of sockets take", function(box)
  local tcp = box:socket("tcp")
  for _, options in ipairs({ { rcvbuf = 1 }, { sndbuf = 1 }, { keepcnt = 1 }, { keepcnt = 127 },
                             { rcvtimeo = 1e9 } }) do
    expect.eq(tcp:set(options), true)
  end
end)

test("a packet of the script's own", function(box)
  local function inject(fields)
    return function()
      fields.src = fields.src or "127.0.0.1"
      fields.dst = fields.dst or "127.0.0.1"
      box:inject(fields)
    end
  end
  local ends = "'src' and 'dst' are addresses"
  local order = "'order' names fragments by their numbers, from 1"
  refused(box, {
    { function() box:inject({}) end, ends },
    { inject({ src = "x" }), ends },
    { inject({ dst = "::1" }), "'dst': an IPv4 address as a string is expected" },
    { inject({ proto = "sctp" }), "there is no protocol 'sctp'; there are: tcp, udp, icmp" },
    { inject({ proto = {} }), "a protocol is a string, not a table" },
    { inject({ at = "x" }), "there is no tap 'x'; there are: snoop, wire" },
    { inject({ at = "snoop" }), "at 'snoop' packets are seen, and none can be put there" },
    { inject({ sport = {} }), "'sport': a field is a whole number or a string" },
    { inject({ sport = 1.5 }), "'sport': a field is a whole number or a string" },
    { inject({ sport = 65536 }), "'sport': a number from 0 to 65535 is expected" },
    { inject({ checksum = "x" }), "there is no checksum 'x'; there are: right, wrong, wrong ip" },
    { inject({ src = "::1", dst = "::1", checksum = "wrong ip" }),
      "IPv6's header has no checksum to be wrong" },
    { inject({ fragment = 4 }), "'fragment' is a multiple of 8 bytes" },
    { inject({ fragment = 12 }), "'fragment' is a multiple of 8 bytes" },
    { inject({ fragment = 65536 }), "'fragment' is a multiple of 8 bytes" },
    { inject({ fragment = "long" }), "'fragment' is a multiple of 8 bytes" },
    { inject({ src = "::1", dst = "::1", fragment = 8 }), "'fragment' is for IPv4" },
    { inject({ order = { 1 } }), "'order' needs 'fragment'" },
    { inject({ fragment = 8, order = { 4 } }), order },
    { inject({ fragment = 8, order = { 1, 0 } }), order },
    { inject({ fragment = 8, order = { 1, "a" } }), order },
    { inject({ fragment = 8, order = 5 }), "'order' is a list of fragments" },
    { inject({ bytes = "x" }), "'bytes' is the whole packet, so 'src' is not read" },
    { function() box:inject({ bytes = "x", checksum = "wrong" }) end,
      "'bytes' is the whole packet, so 'checksum' is not read" },
  })
end)

-- A header that says it is longer than the packet, or shorter than a header.
test("bytes without a whole header make no fragments", function(box)
  local rest = ("\0"):rep(27)
  local rows = {
    { "\x4f" .. rest, "nothing is there to cut" },
    { "\x40" .. rest, "nothing is there to cut" },
    { "\x44" .. rest, "nothing is there to cut" },
    { "\x45" .. rest:sub(1, 19), "nothing is there to cut" },
    { "\x45", "'fragment' is for IPv4" },
    { "", "'fragment' is for IPv4" },
    { "\x60" .. rest, "'fragment' is for IPv4" },
  }
  local calls = {}
  for i, row in ipairs(rows) do
    calls[i] = { function() box:inject({ bytes = row[1], fragment = 8 }) end, row[2] }
  end
  refused(box, calls)
end)

test("faults", function(box)
  local function fault(what) return function() box:fault(what) end end
  refused(box, {
    { fault({}), "the first of the table is what happens" },
    { fault({ 5 }), "the first of the table is what happens" },
    { fault({ "drop", "delay" }), "one thing happens, the first of the table" },
    { fault({ "drop", nth = {} }), "'nth' is a number or a string" },
    { fault({ "drop", nth = 0 }), "'0' is no number from 1 to 1000000" },
    { fault({ "kill main" }), "'main' is the test itself, which does not die" },
    { fault("kill sshd"), "'before' is missing" },
    { fault({ "drp" }), "there is no fault 'drp'; did you mean 'drop'?" },
    { fault("drp"), "there is no fault 'drp'; did you mean 'drop'?" },
    { fault({ "drop", at = "x" }), "there is no place 'x'; there are: LOOPBACK_OUT" },
    { fault({ "drop", chance = 1.5 }), "'1.5' is no chance from 0.000001 to 1" },
    { fault({ "delay", by = "" }), "box:fault: 'delay any by" },
  })
end)

-- A line that is in the script once has its place there.
test("a mistake in rules is underlined, and its message ends there", function(box)
  local _, written = pcall(box.filter, box, [[
    pass in all
    block in qick all]])
  expect.match(written, "%.lua:279:14: unknown word 'qick'; did you mean 'quick'%?\n" ..
    "        block in qi" .. "ck all\n                 ^^^^$")
  local _, made = pcall(box.filter, box, "pass in all\n" .. ("BLOCK in qick"):lower())
  expect.match(made, "^in the rules, line 2, column 10: unknown word 'qick'; .*\n" ..
    "    block in qick\n             ^^^^$")
end)
