-- SPDX-License-Identifier: BSD-3-Clause
--
-- Plays a program (program.py) in a box, and gives its answers as notes in the timeline:
--
--   PROGRAM/=/RESULT      of each call, and
--   PROGRAM/+/PACKET      of each packet that it made
--
-- A packet has the words that kernel_player.py gives it. It is seen where a kernel's capture on lo
-- sees it: after LOOPBACK_OUT, before LOOPBACK_IN.

local WAIT_S = 0.02
local ADDRESS = { lo4 = "127.0.0.1", lo6 = "::1", any4 = "0.0.0.0", any6 = "::" }
local HOW = { r = "read", w = "write", b = "both" }

local player = {}

-- true or a value, or nil and an errno => in a word.
local function told(value, err)
  if value == nil or value == false then return err end
  return value == true and "ok" or tostring(value)
end

local function length(data, err)
  return data and tostring(#data) or err
end

local function address(p, name, where, port)
  return ADDRESS[where .. p.kind[name]:sub(4)], p:port(port)
end

function player.port(p, word)
  if word:sub(1, 1) ~= "@" then return math.tointeger(word) end
  return p.ports[word:sub(2)] or 9
end

-- How long a call on a socket waits.
local function seconds(p, name)
  return p.nonblocking[name] and 0 or WAIT_S
end

local function is_udp(p, name)
  return p.kind[name]:sub(1, 3) == "udp"
end

-- A process' descriptors: a new one is the lowest that is free.
function player.keep(p, name, kind, sock, process, nonblocking)
  local fd, fds = 1, p.fds[process] or {}
  while fds[fd] and p.socks[fds[fd]] do fd = fd + 1 end
  fds[fd] = name
  p.fds[process] = fds
  p.socks[name], p.kind[name], p.process[name] = sock, kind, process
  p.nonblocking[name] = nonblocking
  if not is_udp(p, name) then sock:set{ nodelay = true } end
end

local calls = {}

function calls.bind(p, s, name, where, port)
  local to, number = address(p, name, where, port)
  if number == 0 then return told(s:bind(to)) end
  return told(s:bind(to, number))
end

function calls.listen(_, s, _, backlog)
  return told(s:listen(math.tointeger(backlog)))
end

function calls.connect(p, s, name, where, port)
  local to, number = address(p, name, where, port)
  if is_udp(p, name) then return told(s:connect(to, number)) end
  return told(s:connect(to, number, seconds(p, name)))
end

function calls.disconnect(_, s) return told(s:disconnect()) end

function calls.accept(p, s, name, child)
  local sock, err = s:accept(seconds(p, name))
  if not sock then return err end
  p:keep(child, p.kind[name], sock, p.process[name], p.nonblocking[name])
  return "ok"
end

function calls.send(p, s, name, size)
  local data = string.rep("x", math.tointeger(size))
  if is_udp(p, name) then return told(s:send(data)) end
  return told(s:send(data, seconds(p, name)))
end

function calls.sendto(p, s, name, size, where, port)
  local to, number = address(p, name, where, port)
  return told(s:sendto(string.rep("x", math.tointeger(size)), to, number))
end

function calls.recv(p, s, name, most)
  if is_udp(p, name) then return length(s:recv(seconds(p, name))) end
  return length(s:recv(most and math.tointeger(most) or 65536, seconds(p, name)))
end

function calls.peek(_, s, _, most)
  return length(s:peek(most and math.tointeger(most) or 65536))
end

function calls.shutdown(_, s, _, how) return told(s:shutdown(HOW[how])) end

function calls.close(p, s, name)
  s:close()
  p.socks[name] = nil
  return "ok"
end

function calls.nb(p, _, name, on)
  p.nonblocking[name] = on == "1"
  return "ok"
end

function calls.set(_, s, _, option, value)
  local number = math.tointeger(value)
  if option == "linger" then
    return told(s:set{ linger = number >= 0 and number or false })
  end
  return told(s:set{ [option] = number ~= 0 })
end

function calls.get(_, s, _, option)
  local value = s:get(option)
  if option == "linger" then return value and string.format("%d", value) or "-1" end
  return value and "1" or "0"
end

function calls.error(_, s) return s:error() or "0" end

function calls.poll(_, s)
  local ready = s:ready():gsub(" ", "+")
  return ready == "" and "-" or ready
end

function calls.state(_, s) return s:state() end

function calls.sockname(_, s)
  local at, port = s:getsockname()
  return at and at .. ":" .. port or port
end

function calls.peername(_, s)
  local at, port = s:getpeername()
  return at and at .. ":" .. port or port
end

-- What @X means: the port of X when it was last seen with one.
local NAMED = { bind = true, connect = true, listen = true, sendto = true, send = true }

local function note_port(p, name)
  local at, port = p.socks[name]:getsockname()
  if at and port ~= 0 then p.ports[name] = port end
end

-- The kernel closes what a process has in the reverse order of its descriptors: each close is put
-- before the others that are to be done.
local function exit(p, process)
  local fds, last = p.fds[process] or {}, 0
  for fd in pairs(fds) do last = math.max(last, fd) end
  for fd = last, 1, -1 do
    local name = fds[fd]
    if p.socks[name] and p.process[name] == process then
      p.socks[name]:close()
      p.socks[name] = nil
    end
  end
  p.gone[process] = true
  return "ok"
end

-- A segment that no socket has sent (segment.py).
local FIRST, WINDOW = 1000, 32768

-- Its flags as a program writes them.
local function flags_of(packet)
  return packet.flags == "none" and "-" or packet.flags
end

-- Where the sequence numbers of a conversation go on, as its packets have shown.
local function see_numbers(p, packet)
  local way = packet.src .. " " .. packet.sport .. ">" .. packet.dport
  local seq, flags, length = packet.seq, flags_of(packet), #packet.payload
  if p.stray == way .. seq .. flags .. length or flags:find("R") then return end
  local last = seq + length + (flags:find("S") and 1 or 0) + (flags:find("F") and 1 or 0)
  last = last & 0xffffffff
  if not p.numbers[way] or flags:find("S") or (last - p.numbers[way]) & 0xffffffff < 0x80000000 then
    p.numbers[way] = last
  end
end

local function raw(p, family, from, to, flags, size, seq, ack)
  local address = ADDRESS["lo" .. family]
  local sport, dport = p:port(from), p:port(to)
  local own = p.numbers[address .. " " .. sport .. ">" .. dport] or FIRST
  local peer = p.numbers[address .. " " .. dport .. ">" .. sport] or 0
  local packet = { src = address, dst = address, sport = sport, dport = dport, win = WINDOW,
                   payload = string.rep("x", math.tointeger(size or 0)),
                   seq = (own + math.tointeger(seq or 0)) & 0xffffffff }
  if flags ~= "-" then packet.flags = flags end
  if flags:find(".", 1, true) then packet.ack = (peer + math.tointeger(ack or 0)) & 0xffffffff end
  p.stray = nil
  if math.tointeger(seq or 0) ~= 0 then
    p.stray = address .. " " .. sport .. ">" .. dport .. packet.seq .. flags .. #packet.payload
  end
  p.box:inject(packet)
  return "ok"
end

local function make(p, name, kind, process, nonblocking)
  if p.gone[process] then return "EBADF" end
  local sock = p.box:socket(kind:sub(1, 3), kind:sub(4) == "6" and "inet6" or "inet")
  p:keep(name, kind, sock, process, nonblocking ~= nil)
  return "ok"
end

function player.call(p, words)
  if words[1] == "exit" then return exit(p, words[2]) end
  if words[1] == "raw" then return raw(p, table.unpack(words, 2)) end
  if words[1] == "fw" then
    p.box:filter(p.rules[words[2]])
    return "ok"
  end
  local name, verb = words[1], words[2]
  local call = calls[verb]
  if call == nil then return make(p, table.unpack(words)) end
  if p.socks[name] == nil then return "EBADF" end
  local result = call(p, p.socks[name], name, table.unpack(words, 3))
  if NAMED[verb] and p.socks[name] then note_port(p, name) end
  return result
end

local function words_of_icmp(packet, family)
  local header = family == "4" and 20 or 40
  local quoted = packet.bytes:sub(header + 9)
  local proto = quoted:byte(family == "4" and 10 or 7)
  local sport, dport, seq = string.unpack(">I2I2I4", quoted, header + 1)
  return string.format("icmp%s %d %d %d %d %d %d", family, packet.type, packet.code, proto, sport, dport,
                       proto == 6 and seq or 0)
end

local function words_of(packet)
  local family = packet.src:find(":", 1, true) and "6" or "4"
  if packet.proto == "tcp" then
    return string.format("tcp%s %d %d %s %d %d", family, packet.sport, packet.dport,
                         flags_of(packet), packet.seq, #packet.payload)
  elseif packet.proto == "udp" then
    return string.format("udp%s %d %d %d", family, packet.sport, packet.dport, #packet.payload)
  end
  return words_of_icmp(packet, family)
end

-- What a program leaves behind ends, without waiting for anybody.
local function clean(p)
  for _, sock in pairs(p.socks) do
    sock:set{ linger = 0 }
    sock:close()
  end
  p.box:filter("")
  p.box:sleep(200)
end

-- `text`: the program. `rules`: ipf.conf's, by the number that stands after `fw`.
-- => Its answers: a list of { result, packets }.
local function play(box, text, rules, capture)
  local p = setmetatable({ box = box, rules = rules, socks = {}, kind = {}, nonblocking = {}, process = {},
                           fds = {}, ports = {}, gone = {}, numbers = {} }, { __index = player })
  capture.player = p
  local answers = {}
  for call in text:gmatch("[^;]+") do
    local words = {}
    for word in call:gmatch("%S+") do words[#words + 1] = word end
    local result = p:call(words)
    box:settle()
    answers[#answers + 1] = { result, capture.take() }
  end
  clean(p)
  capture.take()
  return answers
end

-- programs: a list of { id, text, rules }.
return function(box, programs)
  local seen, capture = {}, {}
  box:hook("LOOPBACK_OUT", function(packet)
    seen[#seen + 1] = words_of(packet)
    if packet.proto == "tcp" then see_numbers(capture.player, packet) end
  end, { name = "capture", hint = "LAST" })
  function capture.take()
    local taken = seen
    seen = {}
    return taken
  end
  for _, one in ipairs(programs) do
    for _, answer in ipairs(play(box, one[2], one[3], capture)) do
      box:note(one[1] .. "/=/" .. answer[1])
      for _, packet in ipairs(answer[2]) do box:note(one[1] .. "/+/" .. packet) end
    end
  end
end
