-- What an established connection does with segments that no honest peer sends. A hook makes them, on
-- their way.

local SOLARIS = { eras = { "post", "snv_116", "illumos" } }
local LINUX = { eras = { "linux" } }
local ALL = { eras = { "post", "snv_116", "illumos", "linux" } }

local function pair(box)
  local server
  box:fusion(false)
  local listener = box:listen(80)
  local client = box:connect("127.0.0.1", 80)
  box:settle()
  server = listener:accept()
  return client, server, listener
end

local function change(box, payload, fn)
  box:hook("LOOPBACK_OUT", function(packet)
    if packet.payload == payload then
      fn(packet)
    end
  end)
end

test("a segment without ACK carries no data", ALL, function(box)
  local client, server = pair(box)
  change(box, "zz", function(p) p.flags = "P"; p.ack = 0 end)
  client:send("zz")
  local data, err = server:recv(10, 0.1)
  expect.eq({ data, err }, { nil, "EAGAIN" })
end)

test("a payload that grew by a byte does not make both ends answer for ever", ALL, function(box)
  local client, server = pair(box)
  change(box, "hello", function(p) p.payload = "hello!" end)
  client:send("hello")
  box:sleep(2)
  expect.eq(server:recv(10, 1), "hello!")
end)

test("a SYN in the window ends the connection", SOLARIS, function(box)
  local client, server = pair(box)
  change(box, "z", function(p) p.flags = "S" end)
  client:send("z")
  local _, err = server:recv(10, 1)
  expect.eq(err, "ECONNRESET")
end)

test("a SYN in the window is answered with an ACK", LINUX, function(box)
  local client, server = pair(box)
  change(box, "z", function(p) p.flags = "S"; p.payload = "" end)
  client:send("z")
  local _, err = server:recv(10, 0.1)
  expect.eq(err, "EAGAIN")
end)

local function rst_in_the_window(box)
  local client, server = pair(box)
  change(box, "z", function(p) p.payload = ""; p.seq = p.seq + 100; p.flags = "R"; p.ack = 0 end)
  client:send("z")
  local _, err = server:recv(10, 0.1)
  return err
end

test("a RST in the window, not at its edge, ends the connection", SOLARIS, function(box)
  expect.eq(rst_in_the_window(box), "ECONNRESET")
end)

test("a RST in the window, not at its edge, is answered with an ACK", LINUX, function(box)
  expect.eq(rst_in_the_window(box), "EAGAIN")
end)

test("a connection that was reset is accepted, with its data and one error", LINUX, function(box)
  local listener = box:listen(80)
  local client = box:connect("127.0.0.1", 80)
  box:settle()
  box:hook("LOOPBACK_OUT", function(p)
    if p.flags:find("F") and p.dport == 80 then
      p.flags = "R."
    end
  end)
  client:send("aaaaaaaaaa")
  box:settle()
  client:close()
  box:sleep(0.1)
  local server = listener:accept()
  local _, err = server:send("x")
  expect.eq(err, "ECONNRESET")
  expect.eq(server:recv(512), "aaaaaaaaaa")
  expect.eq(server:recv(512), "")
end)

test("every other send to a closed port is refused", LINUX, function(box)
  local sock, seen = box:udp(), {}
  sock:connect("127.0.0.1", 6565)
  for i = 1, 6 do
    local _, err = sock:send("FOO")
    seen[i] = err or "ok"
  end
  expect.eq(seen, { "ok", "ECONNREFUSED", "ok", "ECONNREFUSED", "ok", "ECONNREFUSED" })
end)

-- The flags of a SYN that a hook changes, and what answers it from a port.
local function answer_to(box, flags)
  local answer
  box:hook("LOOPBACK_OUT", function(p)
    if p.proto == "tcp" and p.dport == 80 and p.flags == "S" then
      p.flags = flags
    elseif p.proto == "tcp" and p.sport == 80 and answer == nil then
      answer = p.flags
    end
  end)
  box:spawn("client", function() box:connect("127.0.0.1", 80) end)
  box:sleep(0.1)
  return answer or "none"
end

test("a SYN with a FIN does not connect on Linux", LINUX, function(box)
  box:listen(80)
  expect.eq(answer_to(box, "SF"), "none")
end)

test("a SYN with a FIN connects on Solaris", SOLARIS, function(box)
  box:listen(80)
  expect.eq(answer_to(box, "SF"), "S.")
end)

for _, flags in ipairs{ "F", "P", "U" } do
  test(flags .. " without ACK to a closed port gets a RST on Linux", LINUX, function(box)
    expect.eq(answer_to(box, flags), "R.")
  end)
  test(flags .. " without ACK to a closed port gets no answer on Solaris", SOLARIS, function(box)
    expect.eq(answer_to(box, flags), "none")
  end)
end

-- A server that closes first is in TIME_WAIT; then a SYN comes from the same port, made by a hook
-- of a client on another: `offset` from the sequence number that is expected.
local function syn_in_time_wait(box, offset, listens)
  local listener = box:listen(80)
  local client = box:connect("127.0.0.1", 80)
  local server = listener:accept()
  local port, expected, answer
  box:hook("LOOPBACK_OUT", function(p)
    if p.dport == 80 and p.flags:find("F") then
      port, expected = p.sport, p.seq + 1
    elseif p.dport == 80 and p.flags == "S" then
      p.sport, p.seq = port, (expected + offset) % 2 ^ 32
    elseif p.sport == 80 and p.dport == port and expected ~= nil and answer == nil then
      answer = p.flags
    end
  end)
  server:close()
  client:recv()
  client:close()
  box:settle()
  answer = nil
  if not listens then
    listener:close()
  end
  box:spawn("again", function() box:connect("127.0.0.1", 80) end)
  box:sleep(0.1)
  return answer
end

test("a higher SYN in TIME_WAIT opens anew where somebody listens", ALL, function(box)
  expect.eq(syn_in_time_wait(box, 1000, true), "S.")
end)

test("a higher SYN in TIME_WAIT gets an ACK where nobody listens", ALL, function(box)
  expect.eq(syn_in_time_wait(box, 1000, false), ".")
end)

test("a lower SYN in TIME_WAIT gets an ACK", ALL, function(box)
  expect.eq(syn_in_time_wait(box, -1000, true), ".")
end)
