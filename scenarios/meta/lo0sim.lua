---@meta lo0sim
-- What an editor with lua-language-server needs to know of scenarios. Never run; a test holds it to
-- the program's verbs and to docs/scripting.md, which says more of each.

---@alias lo0sim.era "post"|"snv_116"|"illumos"|"linux"
---@alias lo0sim.mode "inject"|"rewrite"|"netinfo"|"errno"
---@alias lo0sim.tap "lo0"|"snoop"|"wire"|"LOOPBACK_OUT:before"|"LOOPBACK_OUT:after"|"LOOPBACK_IN:before"|"LOOPBACK_IN:after"|"PHYSICAL_OUT:before"|"PHYSICAL_OUT:after"|"PHYSICAL_IN:before"|"PHYSICAL_IN:after"
---@alias lo0sim.event "LOOPBACK_OUT"|"LOOPBACK_IN"|"PHYSICAL_OUT"|"PHYSICAL_IN"|"FORWARDING"
---@alias lo0sim.errno string the name of an errno, such as "ECONNREFUSED"
---@alias lo0sim.seconds number virtual time

---@class lo0sim.test_options
---@field eras? lo0sim.era[] the test is run once in each
---@field modes? lo0sim.mode[] the test is run once in each
---@field tags? string[] words of your own
---@field skip? string|boolean a reason, or true: the test is listed, not run

---Registers a test, which runs in a box and a process of its own.
---@param name string what is true if it passes
---@param options lo0sim.test_options may be left out
---@param fn fun(box: lo0sim.box)
---@overload fun(name: string, fn: fun(box: lo0sim.box))
function test(name, options, fn) end

---Runs another script, in this one's folder or below it.
---@param file string its path, from this script's folder
---@return any ... what it returns
function include(file) end

-- The box ----------------------------------------------------------------------------------------

---A host with a filter: what a test is given.
---@class lo0sim.box
local box = {}

---@class lo0sim.filter_options
---@field file string an ipf.conf in the script's folder or below it, taken as it stands

---Loads rules in place of those before; "" removes all. A text switches interception on, unless it says otherwise.
---@param rules string|lo0sim.filter_options in ipf.conf's syntax
function box:filter(rules) end

---Adds rules to those that are loaded, as `ipf -f` does; `@N` says where.
---@param rules string
function box:ipf_add(rules) end

---Removes rules, as `ipf -r -f` does; the states that they have made stay.
---@param rules string
function box:ipf_remove(rules) end

---What the filter does on loopback with a packet that a rule wants answered.
---@param name lo0sim.mode
function box:reply_mode(name) end

---@class lo0sim.era_options
---@field syn_retries? integer of "linux" only (6)
---@field syn_linear? integer of "linux" only (4)

---Which system it is. An era brings its reply mode with it, unless one was chosen.
---@param name lo0sim.era
---@param options? lo0sim.era_options of "linux" only
function box:era(name, options) end

---Virtual time since the test began.
---@return lo0sim.seconds
function box:now() end

---Lets time pass.
---@param seconds lo0sim.seconds
function box:sleep(seconds) end

---Lets happen what can happen without time passing: what is on its way on loopback arrives.
function box:settle() end

---Starts a process. It runs until it first waits; then the caller goes on. An error in it fails the test.
---@param name string of at most 200 bytes
---@param fn fun()
---@return lo0sim.process
function box:spawn(name, fn) end

---A listener on a port.
---@param port integer|string
---@param address? string every address, if it is not given
---@param options? lo0sim.listen_options
---@return lo0sim.listener? listener
---@return lo0sim.errno? err EADDRINUSE or EADDRNOTAVAIL
function box:listen(port, address, options) end

---@class lo0sim.listen_options
---@field backlog? integer how many wait to be accepted (128)

---Connects, and waits until it is known what became of it.
---@param address string of IPv4 or IPv6, or "localhost"
---@param port integer|string
---@param options? lo0sim.connect_options
---@return lo0sim.sock? sock
---@return lo0sim.errno? err ECONNREFUSED, ETIMEDOUT, ENETUNREACH
function box:connect(address, port, options) end

---@class lo0sim.connect_options
---@field address? string the socket's own
---@field port? integer|string the socket's own
---@field timeout? number seconds
---@field wait? boolean false: it does not wait

---Waits until one of several sockets has something.
---@param sockets table of lo0sim.sock, lo0sim.listener, lo0sim.udp
---@param seconds? number
---@return lo0sim.sock|lo0sim.listener|lo0sim.udp|nil socket
---@return string ready such as "IN OUT", or the errno's name: EAGAIN when the time is over
function box:poll(sockets, seconds) end

---The host's endpoints.
---@return table endpoints
function box:endpoints() end

---A UDP socket.
---@param port? integer|string a free one, if it is not given
---@param address? string every address, if it is not given
---@return lo0sim.udp? udp
---@return lo0sim.errno? err EADDRINUSE or EADDRNOTAVAIL
function box:udp(port, address) end

---A socket that is neither bound nor connected.
---@param kind string "tcp" or "udp"
---@param family? string "inet", if it is not given, or "inet6"
---@return lo0sim.sock|lo0sim.udp socket
function box:socket(kind, family) end

---@class lo0sim.ping_options
---@field size? integer bytes of data (56)
---@field timeout? integer seconds (20)

---Sends one echo request and waits for the reply.
---@param address string
---@param options? lo0sim.ping_options
---@return lo0sim.seconds? time until the reply
---@return lo0sim.errno? err ETIMEDOUT, or what an ICMP error means
function box:ping(address, options) end

---@class lo0sim.remote_options
---@field latency? lo0sim.seconds of the wire (0.00025); the first remote says it
---@field rate? number bits a second (1e9)

---A host at the other end of e1000g0's wire, in 192.168.1.0/24.
---@param address string
---@param options? lo0sim.remote_options
---@return lo0sim.remote
function box:remote(address, options) end

---@class lo0sim.command
---@field [integer] string the program and its arguments
---@field stdin? string what it reads
---@field env? table<string, string> variables beside those of lo0sim
---@field cwd? string where it runs, from the script's folder

---Starts a real program as a process of the box. Under `lo0sim run --allow-exec` only.
---@param command lo0sim.command
---@return lo0sim.program
function box:exec(command) end

---Whether established loopback connections are fused, as far as the era fuses them.
---@param on boolean
function box:fusion(on) end

---Opens Solaris' own observer, or closes it. In snv_116 it un-fuses connections.
---@param interface "lo0"
---@param open? boolean true, if it is not given
function box:snoop(interface, open) end

---For teaching: fr_make_rst turns any segment, not only SYN and FIN.
---@param on boolean
function box:rewrite_any_segment(on) end

---@class lo0sim.fault
---@field [1] string what happens: "drop", "duplicate", "delay", "reorder", "corrupt", "truncate", "rules", "hooks on", "hooks off"
---@field packet? integer|string the packet's number, its kind ("SYN", "DATA", ...) or a pattern; any, if left out
---@field nth? integer the how-manieth of its kind; each, if left out
---@field at? "LOOPBACK_OUT"|"LOOPBACK_IN"|"PHYSICAL_OUT"|"wire"|"PHYSICAL_IN"|"ip_fanout" where it is sent, if left out
---@field host? string a remote host's name; the box, if left out
---@field by? lo0sim.seconds how much later
---@field bit? integer which bit is turned, from 0
---@field field? string which field becomes `value`
---@field value? string|integer
---@field bytes? integer how many are left of it
---@field chance? number from the seed
---@field rules? string which replace the old ones

---Lets something go wrong from now on: a table, or the words of --fault (docs/faults.md).
---@param fault string|lo0sim.fault
function box:fault(fault) end

---What must hold after everything that happens; else the test fails.
---@param name string
---@param fn fun(): boolean it must not wait
function box:always(name, fn) end

---What must hold when the test has ended; else it fails.
---@param name string
---@param fn fun(): boolean it must not wait
function box:eventually(name, fn) end

---@class lo0sim.hook_options
---@field name? string
---@field hint? "FIRST"|"LAST"|"BEFORE"|"AFTER" where among the other hooks
---@field of? string the other hook's name, with BEFORE and AFTER
---@field family? "inet"|"inet6" both, if it is not given

---Registers a packet filter hook. It must not wait.
---@param event lo0sim.event
---@param fn fun(packet: lo0sim.packet): "pass"|"eat"|nil
---@param options? lo0sim.hook_options
---@return lo0sim.hook? hook
---@return lo0sim.errno? err where the hint cannot be met
function box:hook(event, fn, options) end

---Fails unless exactly these packets have passed the tap since the last call that succeeded.
---@param tap lo0sim.tap
---@param patterns string[] such as "127.0.0.1.22 > * R. 0:0(0) ack 1"
function box:expect_packets(tap, patterns) end

---The packets that have passed the tap since the last call, or the last expect_packets that succeeded.
---@param tap lo0sim.tap
---@return lo0sim.seen_packet[] packets
function box:packets(tap) end

---@class lo0sim.inject_options
---@field at? lo0sim.tap where it is put; without it, it leaves as the host's own packets do
---@field checksum? "right"|"wrong"|"wrong ip"
---@field fragment? integer in fragments of so many bytes, a multiple of 8, with IPv4
---@field order? integer[] which fragments, and in what order
---@field proto? "tcp"|"udp"|"icmp"
---@field src? string
---@field dst? string
---@field sport? integer
---@field dport? integer
---@field flags? string
---@field seq? integer
---@field ack? integer
---@field win? integer
---@field type? integer
---@field code? integer
---@field ttl? integer
---@field id? integer
---@field payload? string
---@field bytes? string the whole packet, right or wrong

---Puts a packet of one's own into the path.
---@param packet lo0sim.inject_options
function box:inject(packet) end

---The names that verbs know besides addresses.
---@param names table<string, string|string[]>
function box:hosts(names) end

---Writes a line of the script's own into the timeline.
---@param text string one line, of at most 900 bytes
function box:note(text) end

---@class lo0sim.direction_counters
---@field pass integer
---@field block integer
---@field nomatch integer
---@field short integer
---@field pass_logged integer
---@field block_logged integer
---@field nomatch_logged integer
---@field return_sent integer

---@class lo0sim.counters
---@field inbound lo0sim.direction_counters
---@field outbound lo0sim.direction_counters
---@field fastroute_successes integer replies that the filter believes to have sent
---@field fastroute_failures integer
---@field loopback_packets integer
---@field in_discards integer
---@field out_discards integer
---@field resets_sent integer the stack's own RSTs
---@field resets_limited integer
---@field icmp_sent integer
---@field icmp_limited integer
---@field icmp_cksum_errors integer
---@field fused_bytes integer
---@field depth_max integer how deep loopback delivery was nested

---What the filter and the stack have counted.
---@return lo0sim.counters
function box:counters() end

---What ipfstat would print now.
---@param options? string such as "-hnio"
---@return string
function box:ipfstat(options) end

---@class lo0sim.state
---@field proto string its name, or its number
---@field src string the initiator's address
---@field dst string
---@field sport integer 0 without ports
---@field dport integer
---@field verdict "pass"|"block" for all of its packets
---@field rule string the rule that keeps it
---@field ttl number seconds that it lives on without a packet
---@field state string of TCP, both sides' states as ipfstat -t has them, such as "4/4"; else "0/0"
---@field packets integer from the initiator
---@field bytes integer
---@field packets_back integer from the other side
---@field bytes_back integer

---What `keep state` rules have kept, oldest first.
---@return lo0sim.state[]
function box:states() end

---What ipmon would make of the log.
---@param options? string such as "-n"
---@return string
function box:ipmon(options) end

---Logs packets though no rule says so, as `ipf -l` does; without a word it ends.
---@param ... "pass"|"block"|"nomatch"
function box:ipf_log(...) end

---A whole number from the run's seed.
---@param low? integer 0, if it is not given
---@param high? integer 2^32 - 1, if it is not given
---@return integer
function box:rand(low, high) end

-- What the box' verbs return ---------------------------------------------------------------------

---@class lo0sim.process
local process = {}

---Waits for its end.
---@return any ... what its function returned
function process:join() end

---@class lo0sim.program
local program = {}

---Waits for its end; with a time no longer than that: then nil and EAGAIN.
---@param seconds? lo0sim.seconds
---@return integer? code its exit code; 128 and the signal that ended it
---@return string out what it wrote to standard output, or EAGAIN
---@return string? err what it wrote to standard error
function program:wait(seconds) end

---Sends it a signal.
---@param signal? string "TERM", if it is not given
function program:kill(signal) end

---A host on the wire; the filter and the hooks are the box'.
---@class lo0sim.remote
local remote = {}

---As box:connect.
---@param address string
---@param port integer|string
---@param options? lo0sim.connect_options
---@return lo0sim.sock? sock
---@return lo0sim.errno? err
function remote:connect(address, port, options) end

---As box:listen.
---@param port integer|string
---@param address? string
---@param options? lo0sim.listen_options
---@return lo0sim.listener? listener
---@return lo0sim.errno? err
function remote:listen(port, address, options) end

---As box:udp.
---@param port? integer|string
---@param address? string
---@return lo0sim.udp? udp
---@return lo0sim.errno? err
function remote:udp(port, address) end

---Puts a packet of one's own into the remote host's path.
---@param packet lo0sim.inject_options
function remote:inject(packet) end

---As box:ping.
---@param address string
---@param options? lo0sim.ping_options
---@return lo0sim.seconds? time
---@return lo0sim.errno? err
function remote:ping(address, options) end

---@class lo0sim.listener
local listener = {}

---Waits for a connection.
---@param seconds? number
---@return lo0sim.sock? sock
---@return lo0sim.errno? err EAGAIN when the time is over
function listener:accept(seconds) end

---Ends it, and resets connections that nobody has accepted.
function listener:close() end

---A TCP socket.
---@class lo0sim.sock
local sock = {}

---Gives the socket its own end.
---@param address string "0.0.0.0" and "::" are every address
---@param port? integer a free one, if it is not given
---@return boolean? done
---@return lo0sim.errno? err
function sock:bind(address, port) end

---Makes it a listener.
---@param backlog? number 128, if it is not given
---@return boolean? done
---@return lo0sim.errno? err
function sock:listen(backlog) end

---Connects, and waits for the outcome.
---@param address string
---@param port integer
---@param seconds? lo0sim.seconds no longer than this; 0: it does not block
---@return boolean? done
---@return lo0sim.errno? err EINPROGRESS, EALREADY, EISCONN, or why it failed
function sock:connect(address, port, seconds) end

---Takes a connection, if the socket listens.
---@param seconds? lo0sim.seconds no longer than this
---@return lo0sim.sock? sock
---@return lo0sim.errno? err
function sock:accept(seconds) end

---Takes the pending error (SO_ERROR).
---@return lo0sim.errno? err nil: there is none
function sock:error() end

---A connect to AF_UNSPEC.
---@return boolean? done
---@return lo0sim.errno? err
function sock:disconnect() end

---Waits until all is taken.
---@param data string
---@param seconds? lo0sim.seconds no longer than this
---@return integer? bytes
---@return lo0sim.errno? err ECONNRESET, ETIMEDOUT, EPIPE
function sock:send(data, seconds) end

---Waits until something has come.
---@param max? integer bytes at most (65536)
---@param seconds? lo0sim.seconds no longer than this
---@return string? data "" at the end of the stream
---@return lo0sim.errno? err ECONNRESET, ETIMEDOUT; EAGAIN when the time is over
function sock:recv(max, seconds) end

---Ends a direction, the sending one if nothing is said.
---@param how? "write"|"read"|"both"
---@return boolean? done
---@return lo0sim.errno? err
function sock:shutdown(how) end

---Ends the socket with a RST.
function sock:abort() end

---What recv would return, which stays there.
---@param max? integer
---@return string? data
---@return lo0sim.errno? err EAGAIN
function sock:peek(max) end

---What is ready, as poll(2) has it.
---@return string? ready such as "IN OUT"
---@return lo0sim.errno? err
function sock:ready() end

---The state of its endpoint.
---@return string? state
---@return lo0sim.errno? err
function sock:state() end

---Its own end.
---@return string? address
---@return integer|lo0sim.errno port
function sock:getsockname() end

---The peer's end.
---@return string? address
---@return integer|lo0sim.errno port or ENOTCONN
function sock:getpeername() end

---How a connect that does not wait went.
---@return boolean? done
---@return lo0sim.errno? err EINPROGRESS, or why it failed
function sock:connected() end

---@class lo0sim.set_options
---@field linger? number|false 0: a close is a RST; else how many seconds a close waits
---@field nodelay? boolean
---@field rcvbuf? integer bytes
---@field sndbuf? integer bytes
---@field rcvtimeo? number seconds that a recv waits; 0: for ever
---@field sndtimeo? number seconds that a send waits; 0: for ever
---@field keepalive? boolean
---@field keepidle? number seconds until the first probe
---@field keepintvl? number seconds between two
---@field keepcnt? integer how many without an answer end it
---@field user_timeout? number seconds that data may be without an ACK; 0: the era's
---@field reuseaddr? boolean
---@field v6only? boolean before the socket is bound

---Sets options.
---@param options lo0sim.set_options
---@return boolean? done
---@return lo0sim.errno? err
function sock:set(options) end

---An option's value.
---@param name "linger"|"nodelay"|"rcvbuf"|"sndbuf"|"rcvtimeo"|"sndtimeo"|"keepalive"|"keepidle"|"keepintvl"|"keepcnt"|"user_timeout"|"reuseaddr"|"v6only"
---@return number|boolean|nil value
---@return lo0sim.errno? err
function sock:get(name) end

---Ends the socket; if data was left unread the peer gets a RST.
function sock:close() end

---@class lo0sim.udp
local udp = {}

---Gives the socket its peer; it learns of ICMP errors then.
---@param address string
---@param port integer|string
---@return boolean? done
---@return lo0sim.errno? err
function udp:connect(address, port) end

---Sends a datagram to the peer.
---@param data string
---@return integer? bytes
---@return lo0sim.errno? err
function udp:send(data) end

---Sends a datagram to an address.
---@param data string
---@param address string
---@param port integer|string
---@return integer? bytes
---@return lo0sim.errno? err
function udp:sendto(data, address, port) end

---Waits for a datagram.
---@param seconds? lo0sim.seconds no longer than this
---@return string? data
---@return string? address the sender's, or the errno's name: EAGAIN when the time is over
---@return integer? port the sender's
function udp:recv(seconds) end

---Gives the socket its own end.
---@param address string "0.0.0.0" and "::" are every address
---@param port? integer a free one, if it is not given
---@return boolean? done
---@return lo0sim.errno? err
function udp:bind(address, port) end

---The socket has no peer any more.
---@return boolean? done
---@return lo0sim.errno? err
function udp:disconnect() end

---Ends a direction.
---@param how? string "write", if it is not given, "read" or "both"
---@return boolean? done
---@return lo0sim.errno? err ENOTCONN
function udp:shutdown(how) end

---Takes the pending error (SO_ERROR).
---@return lo0sim.errno? err nil: there is none
function udp:error() end

---What recv would take; it stays there.
---@param max? number
---@return string? data
---@return lo0sim.errno? err EAGAIN
function udp:peek(max) end

---What is ready, as poll(2) has it.
---@return string? ready such as "IN OUT"
---@return lo0sim.errno? err
function udp:ready() end

---Sets options.
---@param options table
---@return boolean? done
---@return lo0sim.errno? err
function udp:set(options) end

---An option's value.
---@param name string
---@return any value
---@return lo0sim.errno? err
function udp:get(name) end

---Its own end.
---@return string? address
---@return integer|lo0sim.errno port
function udp:getsockname() end

---The peer.
---@return string? address
---@return integer|lo0sim.errno port
function udp:getpeername() end

---The socket's own port.
---@return integer? port
---@return lo0sim.errno? err
function udp:port() end

---Its end.
function udp:close() end

---@class lo0sim.hook
local hook = {}

---Takes the hook off. It may remove itself.
function hook:remove() end

---Good while its hook runs. Assigning to a field brings lengths and checksums up to date; to `bytes`, nothing.
---@class lo0sim.packet
---@field proto "tcp"|"udp"|"icmp"|"icmp6"|integer
---@field src string
---@field dst string
---@field sport? integer
---@field dport? integer
---@field flags? string the letters FSRPUEW, and . for ACK
---@field seq? integer as it is in the packet, not relative
---@field ack? integer
---@field win? integer
---@field ttl integer the hop limit with IPv6
---@field id? integer of IPv4
---@field type? integer of ICMP
---@field code? integer of ICMP
---@field payload string
---@field bytes string the whole packet

---@class lo0sim.seen_packet : lo0sim.packet
---@field time lo0sim.seconds
---@field text string as expect_packets shows it

-- Expectations -----------------------------------------------------------------------------------

---@class lo0sim.expect
expect = {}

---Numbers are compared as whole microseconds, tables by their content.
---@param actual any
---@param expected any
---@param message? string
function expect.eq(actual, expected, message) end

---The two differ.
---@param actual any
---@param unexpected any
---@param message? string
function expect.ne(actual, unexpected, message) end

---Neither nil nor false.
---@param value any
---@param message? string
function expect.ok(value, message) end

---Fails.
---@param message? any why
function expect.fail(message) end

---A number that is less than another.
---@param actual number
---@param limit number
---@param message? any
function expect.lt(actual, limit, message) end

---A number that is at most another.
---@param actual number
---@param limit number
---@param message? any
function expect.le(actual, limit, message) end

---A number that is no further from another than a distance.
---@param actual number
---@param expected number
---@param distance number
---@param message? any
function expect.near(actual, expected, distance, message) end

---A string that matches a Lua pattern.
---@param text any
---@param pattern string
---@param message? string
function expect.match(text, pattern, message) end

---The function raises an error, whose message matches the pattern.
---@param fn fun()
---@param pattern? string
---@return string message
function expect.error(fn, pattern) end
