-- Data that went past IP is counted, too: after un-fusing, seq and ack go on after the fused bytes.

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("the FIN follows the fused bytes: " .. address, { eras = { "post", "snv_116", "illumos" } },
    function(box)
      box:spawn("sshd", function()
        local conn = box:listen(22):accept()
        expect.eq(conn:recv(), "hello")
        conn:send("welcome")
        expect.eq(conn:recv(), "")
        conn:close()
      end)
      local sock = box:connect(address, 22)
      sock:send("hello")
      expect.eq(sock:recv(), "welcome")
      box:expect_packets("lo0", {
        address .. ".* > " .. address .. ".22 S 0:0(0)",
        address .. ".22 > " .. address .. ".* S. 0:0(0) ack 1",
        address .. ".* > " .. address .. ".22 . 1:1(0) ack 1",
      })

      sock:shutdown()
      expect.eq(sock:recv(), "")

      box:expect_packets("lo0", {
        address .. ".* > " .. address .. ".22 F. 6:6(0) ack 8",
        address .. ".22 > " .. address .. ".* . 8:8(0) ack 7",
        address .. ".22 > " .. address .. ".* F. 8:8(0) ack 7",
        address .. ".* > " .. address .. ".22 . 7:7(0) ack 9",
      })
    end)
end
