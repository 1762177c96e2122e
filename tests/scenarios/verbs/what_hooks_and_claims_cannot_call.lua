-- SPDX-License-Identifier: BSD-3-Clause
--
-- A hook runs inside of a packet's path, and a claim changes nothing: each verb that they cannot call
-- says so, by its name.

-- Each verb of each type, with arguments that it takes; "looks": claims can call it.
local function calls(box, sock, listener, udp, process)
  local function none() end
  return {
    box = { box, {
      filter = { "" }, ipf_add = { "" }, ipf_remove = { "" }, reply_mode = { "inject" }, era = { "linux" },
      spawn = { "p", none }, sleep = { 0 }, settle = {}, snoop = { "lo0" }, fusion = { true },
      rewrite_any_segment = { true }, rand = {}, note = { "x" }, socket = { "tcp" }, udp = {}, ping = { "::1" },
      listen = { 99 }, connect = { "::1", 1 }, remote = { "192.168.1.30" }, packets = { "lo0" },
      expect_packets = { "lo0", {} }, fault = { "drop any" }, always = { "a", none }, eventually = { "a", none },
      poll = { {} }, hook = { "LOOPBACK_IN", none }, inject = { {} }, hosts = { {} }, ipmon = {}, states = {},
      ipf_log = {}, counters = "looks", endpoints = "looks", ipfstat = "looks",
    } },
    sock = { sock, {
      bind = { "::1" }, listen = {}, connect = { "::1", 1 }, disconnect = {}, error = {}, shutdown = {}, accept = {},
      send = { "x" }, recv = {}, abort = {}, close = {}, connected = {}, peek = {}, ready = {}, state = {},
      set = { {} }, get = { "nodelay" }, getsockname = {}, getpeername = {},
    } },
    listener = { listener, { accept = {}, close = {} } },
    udp = { udp, {
      bind = { "::1" }, disconnect = {}, error = {}, shutdown = {}, connect = { "::1", 1 }, send = { "x" },
      sendto = { "x", "::1", 1 }, recv = {}, port = {}, close = {}, peek = {}, ready = {}, set = { {} },
      get = { "rcvbuf" }, getsockname = {}, getpeername = {},
    } },
    process = { process, { join = {} } },
  }
end

local function make(box)
  local listener, udp = box:listen(22), box:udp(53)
  local sock = box:connect("127.0.0.1", 22)
  return calls(box, sock, listener, udp, box:spawn("p", function() end))
end

-- What each of them says; nil: nothing.
local function said(types, and_looks)
  local messages, count = {}, 0
  for display, row in pairs(types) do
    for verb, arguments in pairs(row[2]) do
      if arguments ~= "looks" or and_looks then
        local given = arguments == "looks" and {} or arguments
        local ok, message = pcall(row[1][verb], row[1], table.unpack(given))
        messages[display .. ":" .. verb] = not ok and message or "it was called"
        count = count + 1
      end
    end
  end
  return messages, count
end

local function check(messages, count, words)
  expect.lt(60, count)
  for name, message in pairs(messages) do
    if not message:find(name .. " cannot be called from " .. words, 1, true) then
      expect.fail(name .. ": " .. message)
    end
  end
end

test("a hook calls none", function(box)
  local types, messages, count = make(box), nil, 0
  box:hook("LOOPBACK_IN", function()
    messages, count = said(types, true)
  end)
  box:udp(5000):sendto("x", "127.0.0.1", 5000)
  box:settle()
  check(messages, count, "a hook, which runs inside of the packet's path")
end)

test("a claim calls those that look alone", function(box)
  local types, messages, count = make(box), nil, 0
  box:eventually("all say so", function()
    messages, count = said(types, false)
    check(messages, count, "what box:always and box:eventually ask")
    return #box:endpoints() > 0 and box:counters().depth_max == 0 and box:ipfstat() ~= "" and box:now() == 0
  end)
end)
