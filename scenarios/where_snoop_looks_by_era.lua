-- Where snoop looks, the rewrite decides what it sees. Behind LOOPBACK_IN (builds before 129) there is
-- the RST and no SYN; between the hooks (from 129 on) the SYN and no RST. Linux answers with a packet
-- of its own, and shows both.

local SSH = "block return-rst in on lo0 proto tcp from any to any port = 22"

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  local syn = address .. ".* > " .. address .. ".22 S 0:0(0)"
  local rst = address .. ".22 > " .. address .. ".* R. 0:0(0) ack 1"
  local rows = {
    { eras = { "post", "snv_116" }, sees = { rst } },
    { eras = { "illumos" }, sees = { syn } },
    { eras = { "linux" }, sees = { syn, rst } },
  }
  for _, row in ipairs(rows) do
    test("connect to " .. address, { eras = row.eras }, function(box)
      box:filter(SSH)
      local _, err = box:connect(address, 22)
      expect.eq(err, "ECONNREFUSED")
      expect.eq(box:now(), 0)
      box:expect_packets("lo0", row.sees)
    end)
  end

  test("blocked on the way out it is seen nowhere: " .. address,
    { eras = { "post", "snv_116", "illumos" } }, function(box)
      box:filter("block out on lo0 proto tcp from any to any port = 22")
      box:connect(address, 22)
      box:expect_packets("lo0", {})
    end)

  test("an unanswered SYN is seen between the hooks: " .. address, { eras = { "illumos" } },
    function(box)
      box:filter("block in on lo0 proto tcp from any to any port = 22")
      box:connect(address, 22)
      local syns = {}
      for i = 1, 8 do syns[i] = syn end
      box:expect_packets("lo0", syns)
    end)
end
