-- Fused and past all hooks (post), fused with a copy for the hooks (snv_116), not fused (linux): what
-- arrives is what was sent.
test("data is never wrong", { eras = { "post", "snv_116", "linux" } }, function(box)
  box:filter("pass in on lo0 all")
  local want, got = "hello, world", ""
  box:always("what arrives is what was sent", function()
    return got == want:sub(1, #got)
  end)
  local server = box:spawn("server", function()
    local sock = box:listen(8080):accept()
    repeat
      local data = sock:recv(100)
      got = got .. (data or "")
    until not data or data == ""
    sock:close()
  end)
  local sock = box:connect("127.0.0.1", 8080)
  sock:send("hello, ")
  box:sleep(0.01)
  sock:send("world")
  sock:close()
  server:join()
  expect.eq(got, want)
end)
