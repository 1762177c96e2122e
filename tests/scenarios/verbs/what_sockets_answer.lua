-- SPDX-License-Identifier: BSD-3-Clause
--
-- What the verbs of sockets return where there is no socket any more, no peer, no data or no time.

-- Fails unless each call returns nil and the name of an errno.
local function answered(rows)
  for i, row in ipairs(rows) do
    local result, errno = row[1]()
    expect.eq(result, nil, "row " .. i)
    expect.eq(errno, row[2], "row " .. i)
  end
end

test("a closed socket is EBADF to every verb", function(box)
  local tcp, udp, listener = box:socket("tcp"), box:udp(5353), box:listen(22)
  local waiting = box:socket("tcp")
  waiting:bind("127.0.0.1", 80)
  expect.eq(waiting:listen(), true)
  for _, sock in ipairs({ tcp, udp, listener, waiting }) do
    sock:close()
    sock:close()
  end
  tcp:abort()
  answered({
    { function() return tcp:getsockname() end, "EBADF" },
    { function() return tcp:getpeername() end, "EBADF" },
    { function() return tcp:connected() end, "EBADF" },
    { function() return tcp:peek() end, "EBADF" },
    { function() return tcp:ready() end, "EBADF" },
    { function() return tcp:state() end, "EBADF" },
    { function() return tcp:set({ nodelay = true }) end, "EBADF" },
    { function() return tcp:get("nodelay") end, "EBADF" },
    { function() return tcp:bind("127.0.0.1", 1) end, "EBADF" },
    { function() return tcp:listen() end, "EBADF" },
    { function() return tcp:error() end, "EBADF" },
    { function() return tcp:disconnect() end, "EBADF" },
    { function() return tcp:connect("127.0.0.1", 22) end, "EBADF" },
    { function() return tcp:shutdown() end, "EBADF" },
    { function() return tcp:accept() end, "EBADF" },
    { function() return tcp:accept(0) end, "EBADF" },
    { function() return tcp:send("x") end, "EBADF" },
    { function() return tcp:send("x", 0) end, "EBADF" },
    { function() return tcp:recv() end, "EBADF" },
    { function() return tcp:recv(1, 0) end, "EBADF" },
    { function() return listener:accept() end, "EBADF" },
    { function() return waiting:accept() end, "EBADF" },
    { function() return udp:send("x") end, "EBADF" },
    { function() return udp:sendto("x", "127.0.0.1", 53) end, "EBADF" },
    { function() return udp:recv() end, "EBADF" },
    { function() return udp:recv(0) end, "EBADF" },
    { function() return udp:port() end, "EBADF" },
    { function() return udp:connect("127.0.0.1", 53) end, "EBADF" },
    { function() return udp:error() end, "EBADF" },
    { function() return udp:ready() end, "EBADF" },
    { function() return box:poll({ tcp, udp, listener }, 1) end, "EAGAIN" },
  })
  expect.eq(box:now(), 1)
end)

test("a socket that is not connected", function(box)
  local tcp, udp = box:socket("tcp"), box:udp(5353)
  answered({
    { function() return tcp:getpeername() end, "ENOTCONN" },
    { function() return tcp:connected() end, "ENOTCONN" },
    { function() return tcp:send("x") end, "ENOTCONN" },
    { function() return tcp:recv() end, "ENOTCONN" },
    { function() return tcp:shutdown() end, "ENOTCONN" },
    { function() return tcp:peek() end, "ENOTCONN" },
    { function() return tcp:accept() end, "EINVAL" },
    { function() return udp:send("x") end, "EDESTADDRREQ" },
    { function() return udp:getpeername() end, "ENOTCONN" },
    { function() return udp:recv(0) end, "EAGAIN" },
    { function() return udp:peek() end, "EAGAIN" },
    { function() return box:udp(5353) end, "EADDRINUSE" },
    { function() return box:udp(54, "10.9.9.9") end, "EADDRNOTAVAIL" },
    { function() return box:listen(23, "10.9.9.9") end, "EADDRNOTAVAIL" },
    { function() return tcp:bind("10.9.9.9") end, "EADDRNOTAVAIL" },
    { function() return tcp:bind("::1") end, "EAFNOSUPPORT" },
    { function() return tcp:connect("::1", 22) end, "EAFNOSUPPORT" },
    { function() return box:socket("udp"):connect("::1", 22) end, "EAFNOSUPPORT" },
    { function() return box:ping("10.9.9.9", { timeout = 1 }) end, "ENETUNREACH" },
  })
  expect.eq({ tcp:error() }, { n = nil })
  expect.eq(tcp:state(), "CLOSED")
end)

test("connected tells once why a connect failed", function(box)
  local sock = box:connect("127.0.0.1", 23, { wait = false })
  expect.eq({ sock:connected() }, { nil, "ECONNREFUSED" })
  expect.eq({ sock:connected() }, { nil, "ENOTCONN" })
  box:listen(23)
  local waits = box:socket("tcp")
  expect.eq(waits:connect("127.0.0.1", 23), true)
  expect.eq(waits:connected(), true)
  expect.eq(waits:connected(), true)
  local listens = box:socket("tcp")
  listens:bind("127.0.0.1", 24)
  listens:listen()
  expect.eq({ listens:connected() }, { nil, "ENOTCONN" })
end)

test("waits end at their time and say so", function(box)
  local listener = box:listen(22)
  local sock = box:connect("127.0.0.1", 22)
  local udp = box:udp(5353)
  local lone = box:listen(23)
  answered({
    { function() return sock:recv(10, 0) end, "EAGAIN" },
    { function() return sock:recv(10, 2) end, "EAGAIN" },
    { function() return lone:accept(0) end, "EAGAIN" },
    { function() return lone:accept(3) end, "EAGAIN" },
    { function() return udp:recv(4) end, "EAGAIN" },
    { function() return box:poll({ lone, udp, sock }, 5) end, "EAGAIN" },
  })
  expect.eq(box:now(), 14)
  expect.eq(sock:set({ rcvtimeo = 6 }), true)
  answered({ { function() return sock:recv() end, "EAGAIN" } })
  expect.eq(box:now(), 20)
  -- A send that finds no room: all that fits is sent, and then nothing.
  expect.eq(sock:set({ sndtimeo = 7 }), true)
  local much = ("x"):rep(1 << 20)
  local sent = sock:send(much)
  expect.lt(sent, #much)
  expect.eq(box:now(), 27)
  answered({
    { function() return sock:send("x") end, "EAGAIN" },
    { function() return sock:send("x", 0) end, "EAGAIN" },
  })
  expect.eq(box:now(), 34)
  local child = listener:accept()
  expect.eq(#child:recv(10), 10)
end)

test("poll names what the first ready socket is ready for", function(box)
  local listener, udp = box:listen(22), box:udp(5353)
  local sock = box:connect("127.0.0.1", 22)
  expect.eq({ box:poll({ sock, udp, listener }) }, { listener, "IN" })
  local child = listener:accept()
  child:send("hello")
  expect.eq({ box:poll({ udp, listener, sock }, 1) }, { sock, "IN OUT" })
  expect.eq(sock:peek(), "hello")
  expect.eq(sock:peek(2), "he")
  expect.eq(sock:ready(), "IN OUT")
  expect.eq(sock:recv(), "hello")
  expect.eq(sock:ready(), "OUT")
  udp:sendto("one", "127.0.0.1", 5353)
  expect.eq({ box:poll({ sock, udp }, 0) }, { udp, "IN OUT" })
  expect.eq({ udp:peek() }, { "one" })
  expect.eq({ udp:recv() }, { "one", "127.0.0.1", 5353 })
  box:spawn("later", function()
    box:sleep(2)
    child:close()
  end)
  expect.eq({ box:poll({ udp, sock }) }, { sock, "IN OUT RDHUP" })
  expect.eq(box:now(), 2)
  expect.eq(sock:recv(), "")
end)

-- A question lets the packets of this instant arrive first, but for those that look at nothing but the socket.
test("what a socket is asked it answers after all that is on its way", { eras = { "post", "linux" } }, function(box)
  box:fusion(false)
  box:filter("block return-icmp-as-dest(port-unr) in quick on lo0 proto udp from any to any port = 54")
  local questions = {
    function(sock) return sock:ready(), "IN OUT" end,
    function(sock) return sock:peek(), "x" end,
    function(sock) return select(2, box:poll({ sock }, 0)), "IN OUT" end,
    function(sock) return sock:recv(10, 0), "x" end,
  }
  local listener, from = box:listen(22), box:udp()
  for i, ask in ipairs(questions) do
    local sock, udp = box:connect("127.0.0.1", 22), box:udp(5000 + i)
    local child = listener:accept()
    box:settle()
    child:send("x")
    local answer, expected = ask(sock)
    expect.eq(answer, expected, "a stream, row " .. i)
    from:sendto("x", "127.0.0.1", 5000 + i)
    if i < 4 then
      answer, expected = ask(udp)
    else
      answer, expected = udp:recv(0), "x"
    end
    expect.eq(answer, expected, "datagrams, row " .. i)
  end
  local udp, opens = box:udp(6000), box:connect("127.0.0.1", 23, { wait = false })
  udp:connect("127.0.0.1", 53)
  udp:send("x")
  expect.eq(udp:error(), "ECONNREFUSED")
  expect.eq({ opens:connected() }, { nil, "ECONNREFUSED" })
  expect.eq(box:now(), 0)
end)

test("a datagram socket that is disconnected is told what its last datagram met", { eras = { "linux" } }, function(box)
  local udp = box:udp(5000)
  udp:connect("127.0.0.1", 53)
  udp:send("x")
  expect.eq(udp:disconnect(), true)
  expect.eq(udp:error(), "ECONNREFUSED")
end)

test("addresses of an IPv6 socket are mapped", function(box)
  box:listen(22)
  local sock = box:socket("tcp", "inet6")
  expect.eq(sock:connect("127.0.0.1", 22), true)
  expect.eq({ sock:getpeername() }, { "::ffff:127.0.0.1", 22 })
  expect.eq((sock:getsockname()), "::ffff:127.0.0.1")
  local other = box:connect("::1", 22)
  expect.eq({ other:getpeername() }, { "::1", 22 })
  expect.eq({ box:connect("127.0.0.1", 22):getpeername() }, { "127.0.0.1", 22 })
end)

test("options are read as they were set", function(box)
  local sock = box:socket("tcp")
  local rows = {
    nodelay = true, keepalive = true, reuseaddr = true, rcvbuf = 8192, sndbuf = 8192,
    rcvtimeo = 1.5, sndtimeo = 2.5, keepidle = 30, keepintvl = 5, keepcnt = 3, user_timeout = 9,
    linger = 4,
  }
  for name, value in pairs(rows) do
    expect.eq(sock:set({ [name] = value }), true, name)
    expect.eq(sock:get(name), value, name)
  end
  expect.eq(sock:set({ linger = false, nodelay = false }), true)
  expect.eq(sock:get("linger"), false)
  expect.eq(sock:get("nodelay"), false)
  expect.eq(sock:set({ linger = 0 }), true)
  expect.eq(sock:get("linger"), 0)
  expect.eq(sock:get("v6only"), false)
end)

test("a call that does not wait answers at once", function(box)
  box:listen(22)
  local sock = box:socket("tcp")
  expect.eq({ sock:connect("127.0.0.1", 22, 0) }, { nil, "EINPROGRESS" })
  expect.eq({ sock:connect("127.0.0.1", 22, 0) }, { nil, "EALREADY" })
  box:settle()
  expect.eq(sock:connected(), true)
  expect.eq({ sock:connect("127.0.0.1", 22, 0) }, { nil, "EISCONN" })
  local silent = box:socket("tcp")
  box:filter("block in quick on lo0 proto tcp from any to any port = 99")
  expect.eq({ silent:connect("127.0.0.1", 99, 1) }, { nil, "EINPROGRESS" })
  expect.eq({ silent:connect("127.0.0.1", 99, 1) }, { nil, "EALREADY" })
  expect.eq(box:now(), 2)
  local flying = box:connect("127.0.0.1", 99, { wait = false })
  expect.eq({ flying:connected() }, { nil, "EINPROGRESS" })
  expect.eq({ box:connect("127.0.0.1", 99, { timeout = 3 }) }, { nil, "EINPROGRESS" })
  expect.eq(box:now(), 5)
  expect.eq({ box:connect("127.0.0.1", 23, { wait = true }) }, { nil, "ECONNREFUSED" })
end)

test("a SYN that is sent again says what the first one said", function(box)
  box:filter("block in quick on lo0 proto tcp from any to any port = 99")
  local sock = box:socket("tcp")
  sock:set({ rcvbuf = 200000 })
  expect.eq({ sock:connect("127.0.0.1", 99, 10) }, { nil, "EINPROGRESS" })
  local syns = box:packets("LOOPBACK_OUT:before")
  expect.eq(#syns, 2)
  for _, syn in ipairs(syns) do expect.match(syn.text, " S 0:0%(0%) win 65535 <mss .*,wscale 2,") end
end)

test("a name's addresses are tried one after the other", function(box)
  box:listen(22, "127.0.0.1")
  box:hosts({ both = { "::1", "127.0.0.1" }, six = "::1", gone = "127.0.0.1" })
  local sock = box:connect("both", 22)
  expect.eq({ sock:getpeername() }, { "127.0.0.1", 22 })
  expect.eq({ box:connect("six", 22) }, { nil, "ECONNREFUSED" })
  expect.eq({ box:connect("both", 23) }, { nil, "ECONNREFUSED" })
  expect.eq(box:ping("gone") >= 0, true)
  box:hosts({})
  expect.error(function() box:connect("both", 22) end, "nor a name that box:hosts gave")
end)
