-- A loop of calls is ended by what they do, and not by wall time: at the same one everywhere, as the last ports show.
--
-- options: --max-instructions 300000
-- brief
local calls = {
  { "connect", function(box) box:connect("127.0.0.1", 23) end },
  { "listen, accept and close", function(box)
    local listener = box:listen(22)
    local sock = box:connect("127.0.0.1", 22)
    local conn = listener:accept()
    conn:close()
    sock:close()
    listener:close()
  end },
  { "a datagram to nobody", function(box) box:udp():sendto("x", "127.0.0.1", 9) end },
  { "ipfstat", function(box) box:ipfstat("-hnio") end },
  { "endpoints", function(box) box:endpoints() end },
  { "expect_packets", function(box) box:listen(80) box:expect_packets("wire", {}) end },
  { "filter", function(box) box:filter("block in all") end },
  { "spawn", function(box) box:spawn("p", function() end):join() end },
  { "hook", function(box) box:hook("LOOPBACK_IN", function() end):remove() end },
}
for _, call in ipairs(calls) do
  test(call[1], function(box)
    while true do call[2](box) end
  end)
end
