-- A rule on FIN alone leaves the peer behind: it is established and reads for ever. What it sends
-- itself is answered with a RST, by the stack of the one who is gone.

local FIN = "block return-rst in on lo0 proto tcp from any to any port = 22 flags F/F"

local function pair(box, address)
  local listener = box:listen(22)
  local sock = box:connect(address, 22)
  return sock, listener:accept()
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("closed on one side: " .. address, { eras = { "post", "snv_116", "illumos" } }, function(box)
    local sock, server = pair(box, address)
    box:filter(FIN)
    sock:close()
    box:sleep(1)

    local _, waits = server:recv(65536, 60)
    expect.eq(waits, "EAGAIN")
    expect.eq(server:send("anybody there?"), 14)
    local _, err = server:recv(65536, 1)
    expect.eq(err, "ECONNRESET")
  end)
end

test("rejected on Linux, data resets its sender only", { eras = { "linux" } }, function(box)
  local sock, server = pair(box, "127.0.0.1")
  box:filter("block return-rst in on lo0 proto tcp from any to any port = 22")
  sock:send("hello")
  local _, err = sock:recv(65536, 1)
  expect.eq(err, "ECONNRESET")
  local _, pipe = sock:send("more")
  expect.eq(pipe, "EPIPE")
  local _, waits = server:recv(65536, 60)
  expect.eq(waits, "EAGAIN")
end)

test("and so does what the server sends", { eras = { "linux" } }, function(box)
  local sock, server = pair(box, "127.0.0.1")
  box:filter("block return-rst in on lo0 proto tcp from any port = 22 to any")
  server:send("hello")
  local _, err = server:recv(65536, 1)
  expect.eq(err, "ECONNRESET")
  local _, waits = sock:recv(65536, 60)
  expect.eq(waits, "EAGAIN")
end)

test("rejected, a FIN resets its sender, and the data before it has arrived", { eras = { "linux" } },
  function(box)
    local sock, server = pair(box, "127.0.0.1")
    box:filter(FIN)
    sock:send("hello")
    box:sleep(1) -- the ACK has come
    sock:shutdown()
    local _, err = sock:recv(65536, 1)
    expect.eq(err, "ECONNRESET")
    expect.eq(server:recv(), "hello")
    local _, waits = server:recv(65536, 60)
    expect.eq(waits, "EAGAIN")
  end)
