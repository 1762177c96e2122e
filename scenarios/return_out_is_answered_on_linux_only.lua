-- `block return-rst out`. Solaris answers nothing on the way out and only drops, in every build and
-- mode. Linux rejects in OUTPUT, too: the RST is the one packet that is seen.

local SSH = "block return-rst out on lo0 proto tcp from any to any port = 22"

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("dropped: " .. address, { eras = { "post", "snv_116", "illumos" },
    modes = { "inject", "rewrite", "netinfo", "errno" } }, function(box)
    box:filter(SSH)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ETIMEDOUT")
    expect.eq(box:counters().inbound.return_sent + box:counters().outbound.return_sent, 0)
    box:expect_packets("lo0", {})
  end)

  test("answered: " .. address, { eras = { "linux" } }, function(box)
    box:filter(SSH)
    local _, err = box:connect(address, 22)
    expect.eq(err, "ECONNREFUSED")
    expect.eq(box:now(), 0)
    box:expect_packets("lo0", { address .. ".22 > " .. address .. ".* R. 0:0(0) ack 1 win 0 <>" })
  end)
end
