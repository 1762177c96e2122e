-- SPDX-License-Identifier: BSD-3-Clause
--
-- Processes that settle do not wait for each other.

test("two processes that settle at one instant both go on", function(box)
  local listener = box:listen(22)
  local sock = box:connect("127.0.0.1", 22)
  local conn = listener:accept(1)
  local went = 0
  local others = {}
  for i = 1, 3 do
    others[i] = box:spawn("other " .. i, function()
      box:settle()
      box:settle()
      went = went + 1
    end)
  end
  box:settle()
  for _, other in ipairs(others) do other:join() end
  expect.eq(went, 3)
  expect.eq(box:now(), 0)
  expect.ok(sock and conn)
end)

test("each of them sees what the other has sent", function(box)
  box:fusion(false)
  local listener = box:listen(80)
  local sock = box:connect("127.0.0.1", 80)
  local conn = listener:accept(1)
  local other = box:spawn("other", function()
    sock:send("one")
    box:settle()
  end)
  box:settle()
  expect.eq(conn:recv(10, 0), "one")
  other:join()
end)
