-- What a connection does in each state with segments that its peer has not sent, as tcp_rput_data()
-- does it: who answers, with what numbers, how it ends, and what its application is told.

local FAMILIES = { "127.0.0.1", "::1" }
local WINDOW = 49152

local function open(box, address, port)
  local listener = box:listen(port, address)
  local client = box:connect(address, port)
  local server = listener:accept()
  box:settle()
  local _, own = client:getsockname()
  return { box = box, address = address, server_port = port, port = own, client = client, server = server,
           listener = listener }
end

-- The port whose segments are answers; which segments are lost; where the numbers of a port go on.
local watched, eaten, numbers, answers

local function watch(box)
  box:fusion(false)
  box:hook("LOOPBACK_OUT", function(p)
    if p.proto ~= "tcp" or watched == nil then return end
    local length = #p.payload + (p.flags:find("[SF]") and 1 or 0)
    numbers[p.sport] = (p.seq + length) & 0xffffffff
    if p.sport == watched then answers[#answers + 1] = { flags = p.flags, seq = p.seq, ack = p.ack } end
    if eaten and eaten(p) then return "eat" end
  end)
end

local function lose_own_fin(s)
  eaten = function(p) return p.sport == s.port and p.flags:find("F") end
end

local STATES = {
  ESTABLISHED = function() end,
  FIN_WAIT_1 = function(s) lose_own_fin(s); s.client:shutdown() end,
  FIN_WAIT_2 = function(s) s.client:shutdown() end,
  CLOSE_WAIT = function(s) s.server:shutdown() end,
  CLOSING = function(s) lose_own_fin(s); s.client:shutdown(); s.server:shutdown() end,
  LAST_ACK = function(s) s.server:shutdown(); s.box:settle(); lose_own_fin(s); s.client:shutdown() end,
}
local NAMES = { "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK" }

-- Leads a new connection to a state. From then on what reaches the server is lost.
local function lead(box, address, port, state)
  watched, eaten, numbers, answers = 0, nil, {}, {}
  local s = open(box, address, port)
  watched = s.port
  STATES[state](s)
  box:settle()
  expect.eq(s.client:state(), state)
  answers = {}
  eaten = function(p) return p.sport == s.port end
  return s
end

-- A segment as from the server: `seq` counts from what the client awaits, `ack` from what it has sent.
local function segment(s, flags, length, seq, ack)
  local has_ack = flags:find(".", 1, true)
  s.seq = (numbers[s.server_port] + seq) & 0xffffffff
  s.sent = numbers[s.port]
  s.ack = has_ack and (s.sent + ack) & 0xffffffff or 0
  s.box:inject{ src = s.address, dst = s.address, sport = s.server_port, dport = s.port, win = WINDOW,
                flags = flags ~= "" and flags or nil, seq = s.seq, ack = s.ack, payload = ("x"):rep(length),
                at = "LOOPBACK_IN:after" }
  s.box:settle()
end

local function told(state)
  return (state == "CLOSING" or state == "LAST_ACK") and "nothing" or "ECONNRESET"
end

-- Each: name, flags, length, seq, ack; what answers ("" for nothing); and whether it ends.
local SEGMENTS = {
  { "a RST at the edge", "R", 0, 0, 0, "", true },
  { "RST|ACK at the edge", "R.", 0, 0, 0, "", true },
  { "a RST in the window", "R", 0, 5, 0, "", true },
  { "a RST at the window's end", "R", 0, WINDOW, 0, "", true },
  { "a RST beyond", "R", 0, WINDOW + 1, 0, "", false },
  { "a RST before", "R", 0, -1, 0, "", false },
  { "a SYN at the edge", "S", 0, 0, 0, "R.", true },
  { "a SYN in the window", "S", 0, 100, 0, "R.", true },
  { "a SYN at the window's end", "S", 0, WINDOW, 0, "R.", true },
  { "SYN|ACK in the window", "S.", 0, 3, -1, "R.", true },
  { "a SYN before", "S", 0, -5, 0, ".", false },
  { "a SYN beyond", "S", 0, WINDOW + 1, 0, ".", false },
  { "nothing at all", "", 0, 0, 0, "", false },
  { "data without ACK", "P", 5, 0, 0, "", false },
  { "a FIN without ACK", "F", 0, 0, 0, "", false },
  { "old data without ACK", "P", 5, -30, 0, ".", false },
  { "data beyond, without ACK", "P", 5, WINDOW + 1, 0, ".", false },
  { "an ACK of what was not sent", ".", 0, 0, 10, ".", false },
  { "old data", ".", 5, -30, -1, ".", false },
  { "data beyond, which acknowledges all", ".", 5, WINDOW + 1, 0, ".", false },
  { "a FIN beyond, which acknowledges all", "F.", 0, WINDOW + 1, 0, ".", false },
}

local function check(s, state, row)
  local name, flags, length, seq, ack, answer, ends = table.unpack(row)
  local where = state .. ", " .. s.address .. ": " .. name
  segment(s, flags, length, seq, ack)
  expect.eq(#answers, answer == "" and 0 or 1, where)
  if answer ~= "" then
    expect.eq(answers[1].flags, answer, where)
  end
  if answer == "R." then
    expect.eq(answers[1].ack, (s.seq + 1) & 0xffffffff, where)
    expect.eq(answers[1].seq, flags == "S." and s.ack or s.sent, where)
  end
  expect.eq(s.client:state(), ends and "CLOSED" or state, where)
  local error = s.client:error() or "nothing"
  expect.eq(error, not ends and "nothing" or answer == "R." and "ECONNRESET" or told(state), where)
end

local function close(s)
  s.client:abort()
  s.server:abort()
  s.listener:close()
  s.box:settle()
end

for _, state in ipairs(NAMES) do
  test("in " .. state, { eras = { "post", "snv_116", "illumos" } }, function(box)
    local port = 1000
    watch(box)
    for _, address in ipairs(FAMILIES) do
      for _, row in ipairs(SEGMENTS) do
        port = port + 1
        local s = lead(box, address, port, state)
        check(s, state, row)
        close(s)
        box:sleep(2) -- the stack's own RSTs have a limit
      end
    end
  end)
end

local ERAS = { eras = { "post", "snv_116", "illumos" } }

test("what was not sent is acknowledged ten times, and the answers end", ERAS, function(box)
  watch(box)
  for i, address in ipairs(FAMILIES) do
    local s = lead(box, address, 80 + i, "ESTABLISHED")
    for _ = 1, 12 do
      segment(s, ".", 0, 0, 10)
    end
    expect.eq(#answers, 10, address)
    expect.eq(s.client:state(), "ESTABLISHED")
    close(s)
  end
end)

-- A connection in TIME_WAIT, at the client's end.
local function lead_to_time_wait(box, address, port)
  local s = lead(box, address, port, "FIN_WAIT_2")
  eaten = nil
  s.server:shutdown()
  box:settle()
  expect.eq(s.client:state(), "TIME_WAIT")
  answers, eaten = {}, function(p) return p.sport == s.port end
  return s
end

local IN_TIME_WAIT = {
  { "a RST at the edge", "R", 0, 0, 0, "", true },
  { "a RST in the window", "R", 0, 5, 0, "", true },
  { "a RST before", "R", 0, -1, 0, "", false },
  { "SYN|ACK in the window", "S.", 0, 3, 0, "R.", false },
  { "a SYN before", "S", 0, -5, 0, ".", false },
  { "the FIN again", "F.", 0, -1, 0, ".", false },
  { "an ACK", ".", 0, 0, 0, "", false },
  { "an ACK of what was not sent", ".", 0, 0, 10, ".", false },
  { "nothing at all", "", 0, 0, 0, "", false },
  { "old data", ".", 5, -30, 0, ".", false },
}

test("in TIME_WAIT", ERAS, function(box)
  local port = 1000
  watch(box)
  for _, address in ipairs(FAMILIES) do
    for _, row in ipairs(IN_TIME_WAIT) do
      local name, flags, length, seq, ack, answer, ends = table.unpack(row)
      local where = address .. ": " .. name
      port = port + 1
      local s = lead_to_time_wait(box, address, port)
      segment(s, flags, length, seq, ack)
      expect.eq(answers[1] and answers[1].flags or "", answer, where)
      expect.eq(s.client:state(), ends and "CLOSED" or "TIME_WAIT", where)
      expect.eq(s.client:error(), nil, where)
      close(s)
    end
  end
end)

-- A connection of nobody's, whose SYN a listener has answered.
local function half_open(box, address, port)
  local s = { box = box, address = address, port = port, server_port = 2000 }
  watched, numbers, answers = port, { [2000] = 5000, [port] = 0 }, {}
  eaten = function(p) return p.sport == port end
  s.listener = box:listen(port, address)
  segment(s, "S", 0, 0, 0)
  expect.eq(answers[1].flags, "S.")
  numbers[2000], answers = 5001, {}
  return s
end

local WHILE_HALF_OPEN = {
  { "a RST at the edge", "R", 0, 0, 0, "", true },
  { "a RST in the window", "R", 0, 5, 0, "", true },
  { "a RST beyond", "R", 0, WINDOW + 1, 0, "", false },
  { "the SYN again", "S", 0, -1, 0, "S.", false },
  { "a SYN in the window", "S", 0, 5, 0, "R.", true },
  { "an ACK of less", ".", 0, 0, -1, "R", false },
  { "an ACK of more", ".", 0, 0, 1, "R", false },
  { "data without ACK", "P", 5, 0, 0, "", false },
  { "a FIN without ACK", "F", 0, 0, 0, "", false },
}

test("before the handshake is over", ERAS, function(box)
  local port = 1000
  watch(box)
  for _, address in ipairs(FAMILIES) do
    for _, row in ipairs(WHILE_HALF_OPEN) do
      local name, flags, length, seq, ack, answer, ends = table.unpack(row)
      local where = address .. ": " .. name
      port = port + 1
      local s = half_open(box, address, port)
      segment(s, flags, length, seq, ack)
      expect.eq(answers[1] and answers[1].flags or "", answer, where)
      numbers[2000], numbers[port] = 5001, s.sent
      segment(s, ".", 0, 0, 0)
      expect.eq(s.listener:accept(0) ~= nil, not ends, where)
      s.listener:close()
      box:settle()
    end
  end
end)

test("a listener that ends resets those whose handshake is not over", ERAS, function(box)
  watch(box)
  for _, address in ipairs(FAMILIES) do
    local s = half_open(box, address, 80)
    s.listener:close()
    box:settle()
    expect.eq({ #answers, answers[1].flags, answers[1].ack }, { 1, "R.", 5001 })
    expect.eq(#box:endpoints(), 0)
  end
end)

test("a port where nobody is answers a SYN and an ACK", ERAS, function(box)
  watch(box)
  for _, address in ipairs(FAMILIES) do
    for flags, answer in pairs{ S = "R.", ["."] = "R", ["F."] = "R", ["S."] = "R", F = "", P = "", U = "", [""] = "",
                                R = "", ["R."] = "" } do
      watched, eaten, numbers, answers = 99, nil, { [2000] = 5000, [99] = 7000 }, {}
      segment({ box = box, address = address, port = 99, server_port = 2000 }, flags, 0, 0, 0)
      expect.eq(answers[1] and answers[1].flags or "", answer, address .. ": " .. flags)
      if answer == "R" then
        expect.eq({ answers[1].seq, answers[1].ack }, { 7000, 0 })
      elseif answer == "R." then
        expect.eq({ answers[1].seq, answers[1].ack }, { 0, 5001 })
      end
    end
  end
end)
