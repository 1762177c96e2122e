-- The SYNs of a connect that nobody answers, and when it gives up, by era. The post's "usually 30
-- secs" is no system's default.

local ROWS = {
  post = { at = { 0, 3.375, 10.125, 23.625 }, gives_up = 30 },
  snv_116 = { at = { 0, 3.375, 10.125, 23.625, 50.625, 104.625, 164.625 }, gives_up = 224.625 },
  illumos = { at = { 0, 1.125, 3.375, 7.875, 16.875, 34.875, 70.875, 130.875 }, gives_up = 190.875 },
  linux = { at = { 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 }, gives_up = 131 },
}

for era, row in pairs(ROWS) do
  for _, address in ipairs({ "127.0.0.1", "::1" }) do
    test("connect to " .. address, { eras = { era } }, function(box)
      local at = {}
      box:hook("LOOPBACK_OUT", function()
        at[#at + 1] = box:now()
        return "eat"
      end)
      local _, err = box:connect(address, 22)
      expect.eq(err, "ETIMEDOUT")
      expect.eq(box:now(), row.gives_up)
      expect.eq(at, row.at)
    end)
  end
end
