-- SPDX-License-Identifier: BSD-3-Clause
--
-- The steps of a row (cases.py) in a box, and what came of them, as notes in the timeline:
--
--   ROW/isn/NUMBER                      the client's initial sequence number
--   ROW/step/BEGAN/ENDED/VERB/RESULT    times in seconds
--   ROW/packet/TIME/HEX                 the first bytes of a packet on lo0: after LOOPBACK_OUT,
--                                       before LOOPBACK_IN

local SNAP = 256

local observer = {}

local function hex(bytes)
  return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function watch(o)
  local seen = o.seen
  o.box:hook("LOOPBACK_OUT", function(packet)
    if packet.proto == "tcp" and packet.flags == "S" and seen.isn == nil then
      seen.isn = packet.seq
    end
  end, { name = "isn", hint = "FIRST" })
  o.box:hook("LOOPBACK_OUT", function(packet)
    seen.packets[#seen.packets + 1] = string.format("%.6f/%s", o.box:now(), hex(packet.bytes:sub(1, SNAP)))
  end, { name = "capture", hint = "LAST" })
end

local function step(o, verb, fn)
  local began = o.box:now()
  local result = fn()
  o.seen.steps[#o.seen.steps + 1] =
    string.format("%.6f/%.6f/%s/%s", began, o.box:now(), verb, result)
end

local function outcome(value, err)
  if value == nil or value == false then
    return err
  end
  return "ok"
end

local function received(data, err)
  if data == nil then
    return err == "EAGAIN" and "nothing" or err
  end
  return data == "" and "EOF" or #data .. " bytes"
end

function observer.rules(o, i)
  o.box:filter(o.row.rules[i + 1])
end

function observer.connect(o)
  step(o, "connect", function()
    local err
    o.client, err = o.box:connect(o.row.address, o.row.port)
    return outcome(o.client, err)
  end)
end

function observer.accept(o)
  o.server = o.listener:accept()
end

function observer.send(o, peer, length)
  step(o, peer .. " send", function()
    local data = string.rep("x", length)
    if o.row.proto == "tcp" or (peer == "client" and o.row.connected) then
      return outcome(o[peer]:send(data))
    elseif peer == "client" then
      return outcome(o.client:sendto(data, o.row.address, o.row.port))
    end
    return outcome(o.server:sendto(data, o.from, o.from_port))
  end)
end

function observer.recv(o, peer)
  step(o, peer .. " recv", function()
    if o.row.proto == "tcp" then
      return received(o[peer]:recv(65536, o.row.recv_s))
    end
    local data, from, port = o[peer]:recv(o.row.recv_s)
    if peer == "server" then
      o.from, o.from_port = from, port
    end
    return received(data, from)
  end)
end

function observer.shutdown(o, peer)
  step(o, peer .. " shutdown", function() return outcome(o[peer]:shutdown()) end)
end

function observer.close(o, peer)
  step(o, peer .. " close", function()
    o[peer]:close()
    return "ok"
  end)
end

function observer.wait(o, seconds)
  o.box:sleep(seconds)
end

function observer.report(o)
  local seen, note = o.seen, function(...) o.box:note(o.row.id .. "/" .. string.format(...)) end
  if seen.isn ~= nil then
    note("isn/%d", seen.isn)
  end
  for _, text in ipairs(seen.steps) do note("step/%s", text:gsub(" ", "_")) end
  for _, text in ipairs(seen.packets) do note("packet/%s", text) end
end

-- Everything that stands before the first step.
return function(box, row)
  local o = { box = box, row = row, seen = { steps = {}, packets = {} } }
  for name, fn in pairs(observer) do o[name] = fn end
  watch(o)
  if row.proto == "udp" then
    o.client, o.server = box:udp(), row.listener and box:udp(row.port) or nil
    if row.connected then
      o.client:connect(row.address, row.port)
    end
  elseif row.listener then
    o.listener = box:listen(row.port)
  end
  o:rules(0)
  return o
end
