-- The fault `kill`: a process dies just before a packet is sent, and the kernel closes its sockets. Its peer sees
-- a FIN, or a RST where data was left unread; a listener is gone with all that it had not accepted.

local ERAS = { eras = { "post", "linux" } }

-- A server that answers with five times 100 bytes, one a second.
local function serve(box)
  return box:spawn("httpd", function()
    local sock = box:listen(6543):accept()
    sock:recv()
    for _ = 1, 5 do
      sock:send(("x"):rep(100))
      box:sleep(1)
    end
    error("the dead do not go on")
  end)
end

-- => Returns how much came, and the errno at the end.
local function receive(sock)
  local count = 0
  repeat
    local data, err = sock:recv()
    count = count + #(data or "")
    if not data then return count, err end
  until data == ""
  return count, nil
end

test("what it had sent arrives, and then the end", ERAS, function(box)
  local httpd = serve(box)
  box:fault("kill httpd before DATA 4")
  local sock = box:connect("127.0.0.1", 6543)
  sock:send("GET /")
  expect.eq({ receive(sock) }, { 300, nil })
  expect.eq(box:now(), 2)
  expect.eq({ httpd:join() }, { nil, "killed" })
end)

test("a packet for it comes too late", ERAS, function(box)
  local httpd = serve(box)
  box:fault{ packet = "DATA", nth = 1, "kill httpd" }
  local sock = box:connect("127.0.0.1", 6543)
  sock:send("GET /")
  box:settle()
  expect.eq({ httpd:join() }, { nil, "killed" })
  expect.eq({ box:connect("127.0.0.1", 6543) }, { nil, "ECONNREFUSED" })
end)

test("data that it had not read makes a RST", ERAS, function(box)
  local httpd = box:spawn("httpd", function()
    local sock = box:listen(6543):accept()
    box:sleep(100)
    sock:send("late")
  end)
  box:fault("kill httpd before DATA 2")
  local sock = box:connect("127.0.0.1", 6543)
  sock:send("one")
  box:sleep(1)
  sock:send("two")
  expect.eq({ receive(sock) }, { 0, "ECONNRESET" })
  expect.eq({ httpd:join() }, { nil, "killed" })
end)

test("a listener takes its queue with it", ERAS, function(box)
  box:spawn("httpd", function()
    local listener = box:listen(6543)
    box:sleep(100)
    listener:accept()
  end)
  box:fault("kill httpd before DATA 1")
  local sock = box:connect("127.0.0.1", 6543)
  sock:send("one")
  expect.eq({ receive(sock) }, { 0, "ECONNRESET" })
end)

test("a client dies in its connect, within a sort", ERAS, function(box)
  local listener = box:listen(6543)
  box:fault("kill client before SYN 1")
  local client = box:spawn("client", function()
    pcall(table.sort, { 2, 1 }, function(a, b)
      box:connect("127.0.0.1", 6543, { wait = false })
      return a < b
    end)
    error("the dead do not go on")
  end)
  expect.eq({ client:join() }, { nil, "killed" })
  expect.eq({ listener:accept(1) }, { nil, "EAGAIN" })
end)

test("what it has spawned lives on", ERAS, function(box)
  local listener = box:listen(6543)
  local child
  box:fault("kill parent before SYN 1")
  local parent = box:spawn("parent", function()
    child = box:spawn("child", function() return box:connect("127.0.0.1", 6543) ~= nil end)
    error("the dead do not go on")
  end)
  expect.eq({ parent:join() }, { nil, "killed" })
  expect.ok(listener:accept())
  expect.eq(child, nil)
end)

test("a process that has ended is not killed", function(box)
  local done = box:spawn("done", function() return 7 end)
  box:fault("kill done before SYN 1")
  box:connect("127.0.0.1", 6543)
  expect.eq(done:join(), 7)
end)

test("a server of datagrams", ERAS, function(box)
  local echod = box:spawn("echod", function()
    local udp = box:udp(6543)
    while true do udp:recv() end
  end)
  box:fault("kill echod before UDP 2")
  local udp = box:udp()
  udp:connect("127.0.0.1", 6543)
  udp:send("one")
  box:sleep(1)
  udp:send("two")
  expect.eq({ echod:join() }, { nil, "killed" })
  expect.eq({ udp:recv() }, { nil, "ECONNREFUSED" })
end)
