-- A connect learns of an ICMP error only if it quotes its own SYN: the same addresses, the same
-- ports, and the initial sequence number. Anybody can guess the first two.

local SEQ_AT = 20 + 8 + 20 + 4 -- of the quoted TCP header, from 0

local function connect(box, code, forge)
  box:filter("block return-icmp(" .. code .. ") in on lo0 proto tcp from any to any port = 22")
  box:hook("LOOPBACK_IN", function(packet)
    if forge and packet.proto == "icmp" then
      local bytes = packet.bytes
      local seq = string.unpack(">I4", bytes, SEQ_AT + 1)
      local icmp = bytes:sub(21, 22) .. "\0\0" .. bytes:sub(25, SEQ_AT)
        .. string.pack(">I4", (seq + 1) & 0xffffffff) .. bytes:sub(SEQ_AT + 5)
      local sum = 0
      for i = 1, #icmp, 2 do
        sum = sum + string.unpack(">I2", icmp, i)
      end
      sum = (sum & 0xffff) + (sum >> 16)
      sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff
      packet.bytes = bytes:sub(1, 20) .. icmp:sub(1, 2) .. string.pack(">I2", sum) .. icmp:sub(5)
    end
  end, { name = "forger", hint = "LAST" })
  local _, err = box:connect("127.0.0.1", 22)
  return err
end

for code, errno in pairs({ ["port-unr"] = "ECONNREFUSED", ["net-unr"] = "ENETUNREACH" }) do
  test(code .. " that quotes the SYN", function(box)
    expect.eq(connect(box, code, false), errno)
  end)

  test(code .. " that quotes another segment is nothing", function(box)
    expect.eq(connect(box, code, true), "ETIMEDOUT")
  end)
end
