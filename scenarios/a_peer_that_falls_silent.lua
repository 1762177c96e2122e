-- Data that nobody acknowledges is sent again until the era gives up.

local GIVES_UP = { post = 480, snv_116 = 480, illumos = 300, linux = 924.6 }

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
    expect.ok(box:now() >= seconds and box:now() < seconds + 5, box:now())
  end)
end
