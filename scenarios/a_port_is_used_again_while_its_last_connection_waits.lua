-- A server that closes first is left in TIME_WAIT, and its client's port is free again. A SYN from that port opens
-- anew, since initial sequence numbers grow. Where the number is lower, TIME_WAIT answers with an ACK, the client with
-- a RST, and that ends it: the next SYN connects (Linux with tcp_rfc1337 off; Solaris).

local ALL = { eras = { "post", "snv_116", "illumos", "linux" } }

test("the same port at once", ALL, function(box)
  local listener = box:listen(80)
  for _ = 1, 3 do
    local sock = box:connect("127.0.0.1", 80, { port = 1023 })
    listener:accept():close()
    expect.eq(sock:recv(), "")
    sock:close()
    box:settle()
  end
  expect.eq(box:now(), 0)
end)

for _, era in ipairs{ "post", "illumos", "linux" } do
  test("a lower number: the second SYN connects: " .. era, { eras = { era } }, function(box)
    local listener = box:listen(80)
    local sock = box:connect("127.0.0.1", 80, { port = 1023 })
    listener:accept():close()
    expect.eq(sock:recv(), "")
    sock:close()
    box:settle()
    local flags, first = {}, true
    local hook = box:hook("LOOPBACK_OUT", function(packet)
      flags[#flags + 1] = packet.flags
      if packet.flags == "S" and first then
        packet.seq = packet.seq - 0x20000000
        first = false
      end
    end)
    expect.ok(box:connect("127.0.0.1", 80, { port = 1023 }))
    hook:remove()
    expect.eq({ flags[1], flags[2], flags[3], flags[4] }, { "S", ".", "R", "S" })
    expect.eq(box:now(), ({ post = 3.375, illumos = 1.125, linux = 0.008 })[era])
  end)
end
