-- SPDX-License-Identifier: BSD-3-Clause
-- options: --max-instructions 200000 --max-instant 1000

test("much at one instant is no bounce", function(box)
  local n = 0
  while true do
    local _, err = box:connect("127.0.0.1", 22)
    expect.eq(err, "ECONNREFUSED")
    n = n + 1
    if n % 500 == 0 then box:note("connects: " .. n) end
  end
end)
