-- Both ends send a SYN before either has one: each answers with a SYN|ACK, and there is one connection (RFC 9293
-- section 3.5). A socket that is connected to its own port does so with itself, and hears what it says.

local ALL = { eras = { "post", "snv_116", "illumos", "linux" } }

test("two hosts at once", ALL, function(box)
  local far = box:remote("192.168.1.20")
  local here = box:connect("192.168.1.20", 1002, { port = 1001, wait = false })
  local there = far:connect("192.168.1.5", 1001, { port = 1002, wait = false })
  box:sleep(0.01)
  expect.eq({ here:state(), there:state() }, { "ESTABLISHED", "ESTABLISHED" })
  local flags = {}
  for i, packet in ipairs(box:packets("wire")) do
    flags[i] = packet.flags
  end
  expect.eq({ flags[1], flags[2], flags[3], flags[4] }, { "S", "S", "S.", "S." })
  here:send("hello")
  expect.eq(there:recv(), "hello")
  there:send("and back")
  expect.eq(here:recv(), "and back")
  here:close()
  expect.eq(there:recv(), "")
  there:close()
end)

for _, address in ipairs{ "127.0.0.1", "::1" } do
  test("a connection to oneself: " .. address, ALL, function(box)
    local sock = box:connect(address, 1001, { port = 1001 })
    expect.ok(sock)
    expect.eq({ sock:getpeername() }, { sock:getsockname() })
    sock:send("echo")
    expect.eq(sock:recv(), "echo")
    sock:shutdown()
    expect.eq(sock:recv(), "")
    sock:close()
    expect.eq(box:now(), 0)
  end)
end

test("the other end answers with an ACK alone", { eras = { "linux" } }, function(box)
  local sock = box:connect("192.168.1.20", 1002, { port = 1001, wait = false })
  local syn = box:packets("PHYSICAL_OUT:before")[1]
  local segment = { at = "PHYSICAL_IN:before", src = "192.168.1.20", dst = "192.168.1.5", sport = 1002, dport = 1001 }
  segment.flags, segment.seq, segment.win = "S", 5000, 1000
  box:inject(segment)
  box:settle()
  expect.eq(sock:state(), "SYN_RCVD")
  local answer = box:packets("PHYSICAL_OUT:before")[1]
  expect.eq({ answer.flags, answer.seq, answer.ack }, { "S.", syn.seq, 5001 })
  segment.flags, segment.seq, segment.ack = ".", 5001, syn.seq + 1
  box:inject(segment)
  box:settle()
  expect.eq(sock:state(), "ESTABLISHED")
end)
