-- CR 6845913: fr_make_icmp looked for SYN and FIN in the wrong word, where TCP always has one of these
-- bits. So any segment was turned into an error, data too; which does nobody any good, since an
-- established connection ignores it. And on a fused connection it let the data through: only a copy
-- was turned, and a copy that is not dropped counts as passed.

local RULE = "block return-icmp(port-unr) in on lo0 proto tcp from any to any port = 22"

local function send_after_the_rule(box, fused)
  local heard
  box:fusion(fused)
  box:spawn("sshd", function() heard = box:listen(22):accept():recv() end)
  local sock = box:connect("127.0.0.1", 22)
  box:filter(RULE)
  box:expect_packets("lo0", {
    "127.0.0.1.* > 127.0.0.1.22 S",
    "127.0.0.1.22 > 127.0.0.1.* S.",
    "127.0.0.1.* > 127.0.0.1.22 .",
  })
  expect.eq(sock:send("hello"), 5)
  box:sleep(0.1)
  return heard
end

test("a data segment becomes an ICMP error", { eras = { "snv_116" } }, function(box)
  expect.eq(send_after_the_rule(box, false), nil)
  expect.eq(box:counters().inbound.return_sent, 1)
  box:expect_packets("lo0", { "127.0.0.1 > 127.0.0.1 icmp unreach port-unr" })
end)

test("on a fused connection it came through", { eras = { "snv_116" } }, function(box)
  expect.eq(send_after_the_rule(box, true), "hello")
  expect.eq(box:counters().inbound.block, 1)
  expect.eq(box:counters().inbound.return_sent, 1)
end)

test("cured, data is dropped", { eras = { "post", "illumos" } }, function(box)
  expect.eq(send_after_the_rule(box, false), nil)
  expect.eq(box:counters().inbound.return_sent, 0)
  expect.eq(box:counters().inbound.block, 1)
end)

test("cured, the dropped copy un-fuses, and the data is dropped", { eras = { "illumos" } },
  function(box)
    expect.eq(send_after_the_rule(box, true), nil)
    expect.eq(box:counters().inbound.return_sent, 0)
    expect.eq(box:counters().fused_bytes, 0)
    expect.eq(box:counters().inbound.block, 2) -- the copy, then the segment
  end)
