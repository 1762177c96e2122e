-- SPDX-License-Identifier: BSD-3-Clause
--
-- A verb whose n-th block of memory is refused says so, with an errno where the modelled call has
-- one; and where only a packet needed the block, the packet is lost, as in a kernel.

local PACKET = { src = "127.0.0.1", dst = "127.0.0.1", sport = 1, dport = 2, flags = "S" }
local DATAGRAM = { src = "127.0.0.1", dst = "127.0.0.1", proto = "udp", sport = 1, dport = 2,
                   payload = ("x"):rep(40), fragment = 8 }

-- What each answers when its first block is refused; last, what it can answer when a later one is.
local rows = {
  { "box:filter: ENOMEM", function(box) box:filter("block in all") end },
  { "rules/one.conf: ENOMEM", function(box) box:filter({ file = "rules/one.conf" }) end },
  { "box:ipf_add: ENOMEM", function(box) box:ipf_add("block in all") end },
  { "box:inject: out of memory", function(box) box:inject(PACKET) end },
  { "box:inject: out of memory", function(box) box:inject(DATAGRAM) end, "box:inject" },
  { "box:inject: out of memory", function(box) box:inject({ bytes = "xxxx" }) end },
  { "box:remote: out of memory", function(box) box:remote("192.168.1.20") end },
  { "ENOMEM", function(box) return box:socket("tcp") end },
  { "ENOMEM", function(box) return box:socket("udp", "inet6") end },
  { "ENOMEM", function(box) return box:udp(53) end },
  { "ENOMEM", function(box) return box:listen(53) end },
  { "ENOMEM", function(box) return box:hook("LOOPBACK_IN", function() end) end },
  { "ENOMEM", function(box) return box:ping("127.0.0.1") end, "ETIMEDOUT" },
  { "ENOMEM", function(box) return box:ping("::1") end, "ETIMEDOUT" },
  { "ENOMEM", function(box) return box:connect("127.0.0.1", 22) end, "ECONNREFUSED" },
  { "ENOMEM", function(box) return box:connect("127.0.0.1", 22, { wait = false }) end },
}

-- What a call says went wrong; nil: nothing.
local function complaint(box, call)
  local ok, result, errno = pcall(call, box)
  if not ok then
    return result
  end
  return result == nil and errno or nil
end

for i, row in ipairs(rows) do
  test("row " .. i .. ": the first block", function(box)
    box:fault("fail allocation 1")
    local said = complaint(box, row[2])
    expect.eq(said ~= nil and said:sub(-#row[1]), row[1])
    expect.eq(complaint(box, row[2]), row[3] == "ECONNREFUSED" and row[3] or nil)
  end)

  for n = 2, 12 do
    test("row " .. i .. ": block " .. n, function(box)
      box:fault("fail allocation " .. n)
      local said = complaint(box, row[2])
      if said ~= nil and said:sub(-#row[1]) ~= row[1] then
        expect.eq(row[3] ~= nil and said:find(row[3], 1, true) ~= nil, true, said)
      end
    end)
  end
end
