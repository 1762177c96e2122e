-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instant 60

test("a bounce is one, and ends", function(box)
  box:hook("LOOPBACK_IN", function(p) if p.flags == "R." then p.flags, p.ack = ".", 7 end end)
  box:hook("LOOPBACK_OUT", function(p) if p.flags == "R" then p.flags = "." end end)
  box:connect("127.0.0.1", 22)
end)
