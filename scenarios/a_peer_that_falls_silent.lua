-- Data that nobody acknowledges is sent again until the era gives up. Solaris looks whether it has waited for more
-- than tcp_ip_abort_interval (8 minutes; 5 in illumos) each time it would send again, once a minute at the end.

local GIVES_UP = { post = 522, snv_116 = 522, illumos = 342, linux = 924.6 }

for era, seconds in pairs(GIVES_UP) do
  test("data into silence: " .. era, { eras = { era } }, function(box)
    box:fusion(false)
    box:listen(80)
    local sock = box:connect("127.0.0.1", 80)
    box:settle()
    box:hook("LOOPBACK_OUT", function(packet)
      if packet.dport == 80 then
        return "eat"
      end
    end)
    sock:send("hello")
    local _, err = sock:recv()
    expect.eq(err, "ETIMEDOUT")
    expect.eq(box:now(), seconds)
  end)
end
