-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-memory 1
-- brief

-- Each test fills the memory with one thing. Lua has most of it already, so that little is needed.
local function ballast(kib)
  local held = {}
  for i = 1, kib // 10 do
    held[i] = ("x"):rep(10 << 10)
  end
  return held
end

test("records of the log that nobody reads", function(box)
  local held = ballast(900)
  box:filter("block in log body quick proto udp from any to any port = 9")
  local sent = box:udp(2000)
  for i = 1, 5000 do
    sent:sendto(("x"):rep(i % 100), "127.0.0.1", 9)
    box:sleep(0.0001)
  end
  return held
end)

test("sockets that are never closed", function(box)
  local held, open = ballast(800), {}
  for i = 1, 5000 do
    open[i] = box:socket("udp")
  end
  return held, open
end)

test("addresses of a pool", function(box)
  local held, addresses = ballast(900), {}
  for i = 1, 2000 do
    addresses[i] = ("10.0.%d.%d"):format(i // 250, i % 250)
    if i % 100 == 0 then
      box:ipf_add(("pass in from pool=(%s) to any\n"):format(table.concat(addresses, ", ", i - 99)))
    end
  end
  return held
end)
