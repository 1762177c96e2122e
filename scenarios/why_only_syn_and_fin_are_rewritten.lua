-- What the fix would do if it turned any segment, and not only SYN and FIN.

local RULE = "block return-rst in on lo0 proto tcp from any to any port = 22"
local ANY = { eras = { "post", "snv_116", "illumos" } }

local function prepare(box, fused)
  box:fusion(fused)
  box:rewrite_any_segment(true)
end

test("data: its sender is reset, its receiver hears nothing", ANY, function(box)
  prepare(box, false)
  local heard
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter(RULE)
  sock:send("hello")
  local _, err = sock:recv(65536, 10)
  expect.eq(err, "ECONNRESET")
  expect.eq(heard, nil) -- half open
end)

test("an ACK: the handshake is done, and then it is not", ANY, function(box)
  prepare(box, false)
  local accepted = false
  box:spawn("sshd", function()
    box:listen(22):accept()
    accepted = true
  end)
  box:filter(RULE .. " flags A/SA") -- the SYN passes; the ACK of the handshake does not
  local sock = box:connect("127.0.0.1", 22)
  expect.ok(sock)
  local _, err = sock:recv(65536, 1)
  expect.eq(err, "ECONNRESET")
  expect.eq(accepted, false)
end)

test("a copy of fused data: nobody is reset, and the data arrives", { eras = { "snv_116", "illumos" } },
  function(box)
    prepare(box, true)
    local heard
    box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
    local sock = box:connect("127.0.0.1", 22)
    box:sleep(0.1)
    box:filter(RULE)
    sock:send("hello")
    local _, err = sock:recv(65536, 1)
    expect.eq(err, "EAGAIN")
    expect.eq(heard, "hello")
    -- The counters say: blocked, and answered.
    expect.eq(box:counters().inbound.block, 1)
    expect.eq(box:counters().inbound.return_sent, 1)
  end)

test("as it is, data is dropped and nobody is reset", ANY, function(box)
  box:fusion(false)
  box:spawn("sshd", function() box:listen(22):accept():recv() end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter(RULE)
  sock:send("hello")
  local _, err = sock:recv(65536, 10)
  expect.eq(err, "EAGAIN")
  expect.eq(box:counters().inbound.return_sent, 0)
end)
