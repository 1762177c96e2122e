-- A ping of one's own address: request and reply each make a pass of their own through both hooks.

for _, address in ipairs({ "127.0.0.1", "::1", "192.168.1.5", "2001:db8::5" }) do
  test("out, in, out, in: " .. address, function(box)
    local calls = {}
    for _, event in ipairs({ "LOOPBACK_OUT", "LOOPBACK_IN" }) do
      box:hook(event, function(packet)
        local request = packet.type == 8 or packet.type == 128
        calls[#calls + 1] = (request and "request" or "reply") .. " at " .. event
      end)
    end

    expect.eq(box:ping(address), 0)

    expect.eq(calls, {
      "request at LOOPBACK_OUT", "request at LOOPBACK_IN",
      "reply at LOOPBACK_OUT", "reply at LOOPBACK_IN",
    })
  end)
end

test("a plain block on the way in hides the request", function(box)
  box:filter("block in on lo0 proto icmp from any to any icmp-type echo")
  local _, err = box:ping("127.0.0.1", { timeout = 5 })
  expect.eq(err, "ETIMEDOUT")
  expect.eq(box:now(), 5)
  box:expect_packets("lo0", {})
end)

test("a block of the reply lets the request through", function(box)
  box:filter("block out on lo0 proto icmp from any to any icmp-type echorep")
  local _, err = box:ping("127.0.0.1", { timeout = 5 })
  expect.eq(err, "ETIMEDOUT")
  box:expect_packets("lo0", { "127.0.0.1 > 127.0.0.1 icmp echo" })
end)
