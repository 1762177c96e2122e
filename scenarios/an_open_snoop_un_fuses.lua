-- Looking changes the system: in snv_116 any open observer un-fuses every connection at its next
-- output, and while it is open none is fused. When it is gone they fuse again. Later builds show the
-- observer the copy instead.

local function pair(box)
  local listener = box:listen(22)
  local sock = box:connect("127.0.0.1", 22)
  return sock, listener:accept()
end

local function fused_by(box, sock, data)
  local before = box:counters().fused_bytes
  sock:send(data)
  box:sleep(1)
  return box:counters().fused_bytes - before
end

test("fused, un-fused, fused again", { eras = { "snv_116" } }, function(box)
  local sock, server = pair(box)
  expect.eq(fused_by(box, sock, "the first"), 9)
  box:snoop("lo0")
  expect.eq(fused_by(box, sock, "the second"), 0)
  box:snoop("lo0", false)
  expect.eq(fused_by(box, sock, "the third"), 9)
  expect.eq(server:recv(), "the firstthe secondthe third")
end)

test("a connection that begins while it is open is not fused", { eras = { "snv_116" } }, function(box)
  box:snoop("lo0")
  local sock, server = pair(box)
  expect.eq(fused_by(box, sock, "the first"), 0)
  expect.eq(server:recv(), "the first")
end)

test("in other eras it does no harm", { eras = { "post", "illumos" } }, function(box)
  local sock, server = pair(box)
  box:snoop("lo0")
  expect.eq(fused_by(box, sock, "the first"), 9)
  expect.eq(server:recv(), "the first")
end)
