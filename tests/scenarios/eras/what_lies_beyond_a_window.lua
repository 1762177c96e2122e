-- SPDX-License-Identifier: BSD-3-Clause
--
-- A segment that leaves a gap before it, and reaches to the end of the window or beyond it: what is
-- beyond is cut off, and comes again.

-- Rows: where it begins, before the window's end; its data and flags; how much less than the
-- whole window is read once the gap is filled; whether the stream ends there.
for _, row in ipairs({
  { "ends with the window", 5, "12345", "P.", 0 },
  { "has one byte beyond it", 5, "123456", "P.", 0 },
  { "lies beyond it but for one byte", 1, "123456", "P.", 0 },
  { "begins after it", 0, "123456", "P.", 0 },
  { "has its FIN beyond it", 5, "12345", "FP.", 0 },
  { "has data and its FIN beyond it", 5, "123456789", "FP.", 0 },
  { "has its FIN at its end", 6, "12345", "FP.", 1, true },
}) do
  local name, before, data, flags, left, ends = table.unpack(row)
  test("a segment " .. name, { eras = { "post", "linux" } }, function(box)
    local seq, ack, edge
    box:fusion(false)
    local listener = box:listen(22)
    local sock = box:connect("127.0.0.1", 22)
    local server = listener:accept()
    box:hook("LOOPBACK_OUT", function(packet)
      if packet.sport == 22 then
        seq, ack, edge = packet.seq, packet.ack, packet.ack + packet.win
      end
    end)
    sock:send("first")
    box:sleep(1)
    local gap = edge - before - ack
    local from, port = sock:getsockname()
    box:inject({ src = from, dst = from, sport = port, dport = 22, flags = flags,
      seq = edge - before, ack = seq, win = 49152, payload = data })
    box:settle()
    sock:send(("x"):rep(gap))
    box:sleep(1)
    local read = #server:recv(65536, 0)
    expect.eq(read, #"first" + gap + before - left)
    expect.eq(server:recv(1, 0), ends and "" or nil)
  end)
end
