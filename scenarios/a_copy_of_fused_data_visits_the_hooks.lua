-- Fusion as the source has it: while hooks are there, a copy of the data passes both of them, and is
-- thrown away; the data itself goes past. So rules count it and can stop it: a dropped copy un-fuses,
-- and the data goes through IP, where it is dropped again, and sent again.

local COPY = { eras = { "snv_116", "illumos" } }

local function connected(box, address)
  local state = { heard = "" }
  state.server = box:spawn("sshd", function()
    local conn = box:listen(22):accept()
    while true do state.heard = state.heard .. (conn:recv() or "") end
  end)
  state.sock = box:connect(address, 22)
  box:sleep(0.1)
  return state
end

for _, address in ipairs({ "127.0.0.1", "::1" }) do
  test("both hooks see the copy, with its seq: " .. address, COPY, function(box)
    local state = connected(box, address)
    local seen = {}
    for _, event in ipairs({ "LOOPBACK_OUT", "LOOPBACK_IN" }) do
      box:hook(event, function(packet)
        seen[#seen + 1] = event .. " " .. packet.flags .. " " .. packet.payload
      end)
    end
    box:expect_packets("LOOPBACK_IN:before", {
      address .. ".* > " .. address .. ".22 S",
      address .. ".22 > " .. address .. ".* S.",
      address .. ".* > " .. address .. ".22 .",
    })
    state.sock:send("hello")
    state.sock:send("again")
    box:sleep(1)
    expect.eq(seen, { "LOOPBACK_OUT P. hello", "LOOPBACK_IN P. hello",
      "LOOPBACK_OUT P. again", "LOOPBACK_IN P. again" }) -- and no ACK
    box:expect_packets("LOOPBACK_IN:before", {
      address .. ".* > " .. address .. ".22 P. 1:6(5) ack 1",
      address .. ".* > " .. address .. ".22 P. 6:11(5) ack 1",
    })
    expect.eq(state.heard, "helloagain")
    expect.eq(box:counters().fused_bytes, 10)
  end)

  test("a dropped copy un-fuses: " .. address, COPY, function(box)
    local state = connected(box, address)
    box:filter("block in on lo0 proto tcp from any to any port = 22")
    state.sock:send("hello")
    box:sleep(0.1)
    expect.eq(state.heard, "")
    expect.eq(box:counters().inbound.block, 2) -- the copy, and the segment
    box:filter("")
    box:sleep(10) -- it is sent again, through IP
    expect.eq(state.heard, "hello")
    expect.eq(box:counters().fused_bytes, 0)
  end)
end

test("what a hook makes of the copy is thrown away", COPY, function(box)
  local state = connected(box, "127.0.0.1")
  box:hook("LOOPBACK_IN", function(packet) packet.payload = "J" .. packet.payload:sub(2) end)
  state.sock:send("hello")
  box:sleep(1)
  expect.eq(state.heard, "hello")
end)

test("without a hook no copy is made", COPY, function(box)
  local state = connected(box, "127.0.0.1")
  state.sock:send("hello")
  box:sleep(1)
  expect.eq(state.heard, "hello")
  box:expect_packets("LOOPBACK_OUT:before", {
    "127.0.0.1.* > 127.0.0.1.22 S", "127.0.0.1.22 > 127.0.0.1.* S.", "127.0.0.1.* > 127.0.0.1.22 .",
  })
end)
