# SPDX-License-Identifier: BSD-3-Clause
"""The rows that are programs (random/program.py): sockets that block or not, calls made in every
state, and what each says.

In a row's text `*` stands for a family: it is asked once over IPv4 and once over IPv6. The rows of
STATES are every call in every state; they take the families in turn.
"""
import dataclasses

import segments


@dataclasses.dataclass(frozen=True)
class ProgramRow:
    name: str
    group: str
    text: str


# A listener a, its connection c, and the client b.
OPEN = "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; b connect lo 80; a accept c"
WAITING = "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; b connect lo 80"
RESET_ACK = "fw in:rst:tcp:d80:A; a tcp* 0 nb; a bind lo 80; a listen 1; b tcp* 1"
# The ACK that would end the handshake is refused; then b's packets pass again.
HALF_OPEN = ("a tcp* 0 nb; a bind lo 80; a listen 2; fw in:port:tcp:d80:A; b tcp* 1 nb; b connect lo 80; "
             "fw in:port:tcp:d99")
# A listener on both families, and an IPv6 connection; then who wants its ports on IPv4.
BOTH = "a tcp6 0 nb; a bind any 80; a listen 5; b tcp6 1 nb; b connect lo 80"
ANY4 = ("d tcp4 2; d bind any 80; e tcp4 2; e bind any @b; f tcp4 2; f bind lo @b; g tcp4 2; g bind lo 80")
LOSE_FIN = "fw in:drop:tcp:d80:FA"

GROUPS = {"connect": "connect, in all its ways", "bind": "who may have a port",
          "families": "both families", "listeners": "listeners and their queues",
          "before accept": "what happens before accept", "data": "data and shutdown",
          "ends": "how a connection ends", "processes": "a process ends", "datagrams": "datagrams",
          "firewall": "what a rule does to calls that do not block", "states": "every call in every state",
          "segments": "segments that no socket has sent, in every state"}

# How b comes into each state. Where a FIN has to be lost a rule drops it.
STATES = {
    "fresh": "b tcp* 1 nb",
    "bound": "b tcp* 1 nb; b bind lo 82",
    "LISTEN": "b tcp* 1 nb; b bind lo 82; b listen 1",
    "SYN_SENT": "fw in:drop:tcp:d80:S; b tcp* 1 nb; b connect lo 80",
    "refused": "b tcp* 1 nb; b connect lo 80",
    "ESTABLISHED": OPEN,
    "FIN_WAIT_1": f"{OPEN}; {LOSE_FIN}; b shutdown w",
    "FIN_WAIT_2": f"{OPEN}; b shutdown w",
    "CLOSING": f"{OPEN}; {LOSE_FIN}; b shutdown w; c shutdown w",
    "TIME_WAIT": f"{OPEN}; b shutdown w; c shutdown w",
    "CLOSE_WAIT": f"{OPEN}; c shutdown w",
    "LAST_ACK": f"{OPEN}; c shutdown w; {LOSE_FIN}; b shutdown w",
    "closed by both": f"{OPEN}; c shutdown w; b shutdown w",
    "reset": f"{OPEN}; c set linger 0; c close",
    "reset, told": f"{OPEN}; c set linger 0; c close; b error",
    "reset in CLOSE_WAIT": f"{OPEN}; c shutdown w; c set linger 0; c close",
}
CALLS = {
    "poll": "b poll", "send": "b send 5; b send 5", "recv": "b recv; b recv", "peek": "b peek; b recv",
    "shutdown read": "b shutdown r; b recv", "shutdown write": "b shutdown w; b send 1",
    "shutdown both": "b shutdown b; b recv; b send 1",
    "connect again": "b connect lo 80; b connect lo 80",
    "connect elsewhere": "b connect lo 81; b connect lo 81",
    "bind": "b bind lo 83; b sockname", "listen": "b listen 1; b sockname", "accept": "b accept d",
    "names": "b sockname; b peername", "SO_ERROR": "b error; b error",
    "disconnect": "b disconnect; b sockname; b error; b connect lo 80",
}
# What asks after the connection itself, where there is one.
ENDS = {"close": "b close; c poll; c recv; c send 1; c send 1",
        "close without linger": "b set linger 0; b close; c poll; c recv; c send 1",
        "exit": "exit 1; c poll; c recv; c state"}


def states():
    rows = []
    for state, setup in STATES.items():
        calls = dict(CALLS, **(ENDS if OPEN in setup and "reset" not in state else {}))
        for name, text in calls.items():
            family = "46"[len(rows) % 2]
            looked = "" if name in ENDS else "; b poll; b state"
            rows.append(ProgramRow(f"{state}: {name}", "states",
                                   f"{setup}; {text}{looked}".replace("*", family)))
    return rows


def firewall():
    """What each answer of a rule does to a connect that does not block, and to a connected UDP
    socket."""
    for way in ("in", "out"):
        for action in ("drop", "rst", "port", "admin", "host"):
            yield ("firewall", f"{action}, {way}: a SYN",
                   f"fw {way}:{action}:tcp:d80; b tcp* 1 nb; b connect lo 80; b poll; b error; b poll; "
                   "b connect lo 80; b state")
            yield ("firewall", f"{action}, {way}: the SYN|ACK",
                   f"{WAITING.replace('; b tcp', f'; fw {way}:{action}:tcp:s80:SA; b tcp')}; b poll; "
                   "b error; b state; a poll; a accept c")
            if action != "rst":
                yield ("firewall", f"{action}, {way}: a datagram",
                       f"fw {way}:{action}:udp:d53; a udp* 0 nb; a bind lo 53; b udp* 1 nb; "
                       "b connect lo 53; b send 4; b poll; b error; b send 4; b send 4; a poll")


def after_connect():
    """ICMP errors that come when connect() has returned, and those that a listener's SYN|ACK gets."""
    for action in ("port", "admin", "host"):
        for name, segment in (("its SYN again", "raw * @b 80 S 0 -1"), ("the number after it", "raw * @b 80 S"),
                              ("one more", "raw * @b 80 S 0 1"), ("the SYN|ACK of opens that cross", "raw * 80 @b S"),
                              ("a RST of nobody's", "raw * @b 80 R")):
            yield ("firewall", f"{action}, after connect() has returned: {name}",
                   f"fw in:{action}:tcp:d80; b tcp* 1 nb; b connect lo 80; {segment}; b state; b poll; b error; b state")
        yield ("firewall", f"{action}, then its SYN gets through",
               f"a tcp* 0 nb; a bind lo 80; a listen 2; fw in:{action}:tcp:d80:S; b tcp* 1 nb; b connect lo 80; "
               "fw in:port:tcp:d99; raw * @b 80 S 0 -1; b state; b poll; b error; a accept c; c state")
        yield ("firewall", f"{action}: a listener's SYN|ACK",
               f"a tcp* 0 nb; a bind lo 80; a listen 2; fw in:{action}:tcp:d1000; raw * 1000 80 S; raw * 1000 80 .; "
               "a accept c; c state")


PLAIN = (
    ("connect", "a closed port, called again",
     "b tcp* 1 nb; b connect lo 80; b connect lo 80; b connect lo 80; b poll; b error; b connect lo 80"),
    ("connect", "a closed port, blocking",
     "b tcp* 1; b connect lo 80; b poll; b error; b sockname; b recv; b send 1; b connect lo 80"),
    ("connect", "to any address", "a tcp* 0 nb; a bind lo 80; a listen 1; b tcp* 1 nb; b connect any 80; "
     "b peername; b poll"),
    ("connect", "the time is over", "fw in:drop:tcp:d80; b tcp* 1; b connect lo 80; b connect lo 80; b state"),
    ("connect", "of a listener", "a tcp* 0 nb; a listen 1; a connect lo 80; a state"),
    ("connect", "from a port", "a tcp* 0 nb; a bind lo 80; a listen 1; b tcp* 1 nb; b bind lo 81; "
     "b connect lo 80; b sockname; a accept c; c peername"),
    ("connect", "such a connection is there", f"{OPEN}; d tcp* 1 nb; d set reuseaddr 1; b close; c close; "
     "d bind lo 80"),
    ("connect", "two from one port", "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; b set reuseaddr 1; "
     "b bind lo 81; d tcp* 1 nb; d set reuseaddr 1; d bind lo 81; b connect lo 80; d connect lo 80; d poll"),
    ("connect", "after a shutdown", "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; b shutdown w; "
     "b connect lo 80; b send 1; b poll; b shutdown w; b state; a accept c; c recv"),
    ("connect", "after a shutdown of reading", "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; "
     "b shutdown r; b connect lo 80; b poll; b recv; b send 1; a accept c; c send 3; b recv; b recv"),
    ("connect", "shut down, refused before", "b tcp* 1 nb; b connect lo 80; b shutdown b; b connect lo 80; "
     "b error; b disconnect; b connect lo 80"),
    ("connect", "given up, and again", "fw in:drop:tcp:d80; b tcp* 1 nb; b connect lo 80; b shutdown r; "
     "b poll; b recv; fw; b connect lo 80; b recv; b poll"),
    ("connect", "SO_ERROR has told", "b tcp* 1 nb; b connect lo 80; b error; b poll; b connect lo 81; "
     "b connect lo 81"),
    ("connect", "recv has told", "b tcp* 1 nb; b connect lo 80; b recv; b recv; b send 1; b connect lo 80"),
    ("connect", "send has told", "b tcp* 1 nb; b connect lo 80; b send 1; b send 1; b recv; b connect lo 80"),

    ("connect", "reset within the call", f"{RESET_ACK}; b connect lo 80; b error; b state; b connect lo 80; a accept c"),
    ("connect", "reset within the call, names", f"{RESET_ACK}; b connect lo 80; b poll; b recv; b peername; b sockname; "
     "b connect lo 81"),
    ("connect", "reset within the call, then sent", f"{RESET_ACK}; b connect lo 80; b send 1; b recv; b poll"),
    ("connect", "reset within the call, by OUTPUT", f"{RESET_ACK}; b connect lo 80; b error; b poll; a poll".replace(
        "in:rst", "out:rst")),
    ("connect", "reset within the call, not blocking", f"{RESET_ACK} nb; b connect lo 80; b connect lo 80; b error; "
     "b state; b connect lo 80; a accept c"),
    ("connect", "an ICMP error within the call", f"{RESET_ACK}; b connect lo 80; b error; b state; b send 1; "
     "a accept c".replace("in:rst", "in:port")),
    ("connect", "reset within the call, to both families", "fw in:rst:tcp:d80:A; a tcp6 0 nb; a bind any 80; a listen 1; "
     "b tcp4 1; b connect lo 80; b error; b poll; a accept c"),

    ("connect", "to itself", "b tcp* 1 nb; b bind lo 81; b connect lo 81; b poll; b state; b sockname; b peername; b send 5; "
     "b recv; b send 3; b peek; b shutdown w; b poll; b recv; b recv; b state; b close"),
    ("connect", "to itself, reading shut down", "b tcp* 1; b bind lo 81; b connect lo 81; b state; b send 5; b recv; "
     "b shutdown r; b send 2; b recv; b state; b close"),
    ("connect", "to itself, closed with data unread", "b tcp* 1; b bind lo 81; b connect lo 81; b send 5; b close"),
    ("connect", "to itself, reset", "b tcp* 1; b bind lo 81; b connect lo 81; b send 5; b set linger 0; b close"),
    ("connect", "to itself, both shut down", "b tcp* 1; b bind lo 81; b connect lo 81; b shutdown b; b poll; b recv; "
     "b send 1; b state; b error"),
    ("connect", "to itself, the SYN refused", "fw in:rst:tcp:d81:S; b tcp* 1; b bind lo 81; b connect lo 81; b poll; "
     "b error; b state"),
    ("connect", "to itself, the SYN|ACK refused", "fw in:rst:tcp:d81:SA; b tcp* 1; b bind lo 81; b connect lo 81; b poll; "
     "b error; b state"),
    ("connect", "to itself, disconnected", "b tcp* 1 nb; b bind lo 81; b connect lo 81; b disconnect; b state; b error; "
     "b connect lo 81; b state"),
    ("connect", "a listener to itself", "a tcp* 0 nb; a bind lo 80; a listen 2; a connect lo 80; b tcp* 0 nb; "
     "b set reuseaddr 1; b bind lo 80"),
    ("connect", "to itself, and its process ends", "b tcp* 1 nb; b bind lo 81; b connect lo 81; exit 1; c tcp* 2 nb; "
     "c bind lo 81; c set reuseaddr 1; c bind lo 81"),
    ("bind", "twice", "a tcp* 0 nb; a bind lo 80; a bind lo 81; a sockname"),
    ("bind", "a free port after a connect, twice", "b tcp* 1 nb; b connect lo 81; b bind any 0; b bind any 80; b sockname"),
    ("bind", "a free port after a connect, and a connect", "b tcp* 1 nb; b connect lo 81; b bind lo 0; b bind lo 80; "
     "b sockname; b connect lo 81; b connect lo 81; b bind lo 80; b bind lo 82"),
    ("bind", "a free port before a connect", "b tcp* 1 nb; b bind any 0; b connect lo 81; b bind any 80; b bind any 82; "
     "b sockname"),
    ("bind", "a free port after a connection", f"{OPEN}; c set linger 0; c close; b bind any 0; b bind any 82; b listen 1; "
     "b sockname"),
    ("bind", "a free port after a connect, listening", "b tcp* 1 nb; b connect lo 81; b bind any 0; b listen 1; b state; "
     "b close"),
    ("bind", "a free port after a connect, disconnected", "b tcp* 1 nb; b connect lo 81; b bind any 0; b disconnect; "
     "b sockname; b bind any 80; b sockname"),
    ("bind", "a free port of a listener that has ended", "a tcp* 1 nb; a bind lo 0; a listen 1; a shutdown r; a bind lo 81; "
     "a sockname; a listen 1; a disconnect; a bind lo 0; a bind lo 82"),
    ("bind", "a free port of a listener that is closed to reading, twice", "a tcp* 1 nb; a bind any 0; a listen 1; a disconnect; "
     "a sockname; a bind lo 0; a disconnect; a bind lo 82; a listen 1; a sockname"),
    ("bind", "a free port", "a tcp* 0 nb; a bind lo 0; a sockname; a listen 1; a sockname"),
    ("bind", "in use", "a tcp* 0 nb; a bind lo 80; b tcp* 0 nb; b bind lo 80; b bind any 80; b bind lo 81"),
    ("bind", "in use, one allows it", "a tcp* 0 nb; a set reuseaddr 1; a bind lo 80; b tcp* 0 nb; b bind lo 80; "
     "b set reuseaddr 1; b bind lo 80"),
    ("bind", "in use, both allow it, and listen", "a tcp* 0 nb; a set reuseaddr 1; a bind lo 80; b tcp* 0 nb; "
     "b set reuseaddr 1; b bind lo 80; a listen 1; b listen 1; c tcp* 0 nb; c set reuseaddr 1; c bind lo 80"),
    ("bind", "beside TIME_WAIT", f"{OPEN}; b shutdown w; c recv; c close; b recv; b close; a close; d tcp* 0 nb; "
     "d bind lo 80; d set reuseaddr 1; d bind lo 80; d listen 1"),
    ("bind", "beside TIME_WAIT of the server", f"{OPEN}; c close; b recv; b close; a close; d tcp* 0 nb; "
     "d bind lo 80; d set reuseaddr 1; d bind lo 80; d listen 1; e tcp* 1 nb; e connect lo 80; d accept f"),
    ("bind", "beside a connection", f"{OPEN}; a close; d tcp* 0 nb; d bind lo 80; d set reuseaddr 1; "
     "d bind lo 80"),
    ("bind", "beside a connection that allows it", "a tcp* 0 nb; a set reuseaddr 1; a bind lo 80; a listen 5; "
     "b tcp* 1 nb; b connect lo 80; a accept c; a close; d tcp* 0 nb; d bind lo 80; d set reuseaddr 1; "
     "d bind lo 80; d listen 1"),

    ("families", "every address, both families", "a tcp6 0 nb; a bind any 80; a get v6only; a listen 5; "
     "b tcp4 1 nb; b connect lo 80; a accept c; c send 3; b recv; d tcp6 1 nb; d connect lo 80; a accept e"),
    ("families", "IPV6_V6ONLY", "a tcp6 0 nb; a set v6only 1; a bind any 80; a set v6only 0; a listen 5; "
     "b tcp4 1 nb; b connect lo 80; b error; d tcp6 1 nb; d connect lo 80; a accept e; e get v6only"),
    ("families", "who meets whom: both, then IPv4", "a tcp6 0 nb; a bind any 80; b tcp4 0 nb; b bind any 80; "
     "b bind lo 80"),
    ("families", "who meets whom: IPv6 only, then IPv4", "a tcp6 0 nb; a set v6only 1; a bind any 80; "
     "b tcp4 0 nb; b bind any 80"),
    ("families", "who meets whom: IPv4, then both", "b tcp4 0 nb; b bind lo 80; a tcp6 0 nb; a bind any 80; "
     "a set v6only 1; a bind any 80"),
    ("families", "an address of IPv6 is for it only", "a tcp6 0 nb; a get v6only; a bind lo 80; a get v6only; "
     "b tcp4 0 nb; b bind any 80; a set v6only 0"),
    ("families", "bound to all, connected, and IPv4", "a tcp6 0 nb; a bind any 81; a connect lo 80; a recv; "
     "b tcp4 0 nb; b bind any 81; b bind lo 81"),
    ("families", "datagrams of both", "a udp6 0 nb; a bind any 53; b udp4 1 nb; b sendto 4 lo 53; a recv; "
     "c udp6 1 nb; c sendto 5 lo 53; a recv; a poll"),
    ("families", "IPv4 finds the listener of its family", "a tcp6 0 nb; a set v6only 1; a bind any 80; a listen 5; "
     "b tcp4 0 nb; b bind any 80; b listen 5; c tcp4 1 nb; c connect lo 80; a poll; b poll"),

    ("families", "in the way of 0.0.0.0: an accepted IPv6 connection", f"{BOTH}; a accept c; a close; {ANY4}"),
    ("families", "in the way of 0.0.0.0: its TIME_WAIT", f"{BOTH}; a accept c; a close; c close; b close; {ANY4}"),
    ("families", "in the way of 0.0.0.0: the TIME_WAIT of an IPv6 connect",
     f"{BOTH}; a accept c; a close; b close; c close; {ANY4}"),
    ("families", "in the way of 0.0.0.0: an IPv6 connect to a listener on ::1",
     f"{BOTH.replace('any', 'lo')}; a accept c; a close; {ANY4}"),
    ("families", "in the way of 0.0.0.0: nothing that is only for IPv6",
     f"{BOTH.replace('0 nb', '0 nb; a set v6only 1').replace('1 nb', '1 nb; b set v6only 1')}; a accept c; a close; c close; "
     f"b close; {ANY4}"),
    ("families", "in the way of 0.0.0.0: nothing, if both allow it",
     f"{BOTH.replace('0 nb', '0 nb; a set reuseaddr 1')}; a accept c; a close; c close; b close; d tcp4 2; d set reuseaddr 1; "
     "d bind any 80; d listen 1"),
    ("families", "in the way of 0.0.0.0: an IPv6 datagram socket's connect", "b udp6 0 nb; b connect lo 53; d udp4 0; "
     "d bind any @b; d bind lo @b"),

    ("listeners", "nobody waits", "a tcp* 0 nb; a bind lo 80; a listen 1; a poll; a accept b; a state; a send 1; "
     "a recv; a peek; a peername; a error"),
    ("listeners", "nobody waits, blocking", "a tcp* 0; a bind lo 80; a listen 1; a accept b"),
    ("listeners", "not bound", "a tcp* 0 nb; a listen 1; a state; a bind lo 80"),
    ("listeners", "once more, another backlog", "a tcp* 0 nb; a bind lo 80; a listen 0; a listen 5; b tcp* 1 nb; "
     "b connect lo 80; c tcp* 1 nb; c connect lo 80; c poll"),
    ("listeners", "backlog 0", "a tcp* 0 nb; a bind lo 80; a listen 0; b tcp* 1 nb; b connect lo 80; c tcp* 1 nb; "
     "c connect lo 80; c poll; a accept d; a accept e; a poll"),
    ("listeners", "backlog 1", "a tcp* 0 nb; a bind lo 80; a listen 1; b tcp* 1 nb; b connect lo 80; c tcp* 1 nb; "
     "c connect lo 80; d tcp* 1 nb; d connect lo 80; d state; a accept e; a accept f; a accept g"),
    ("listeners", "backlog -1", "a tcp* 0 nb; a bind lo 80; a listen -1; b tcp* 1 nb; b connect lo 80; b poll"),
    ("listeners", "shutdown of reading", f"{WAITING}; a shutdown r; a poll; a accept c; b poll; b recv; a sockname; "
     "a listen 1; a poll"),
    ("listeners", "shutdown of writing", f"{WAITING}; a shutdown w; a poll; a accept c; a state"),
    ("listeners", "shutdown of both", f"{WAITING}; a shutdown b; a accept c; a state; b state; b error; b connect lo 80"),
    ("listeners", "shutdown before listen", "a tcp* 0 nb; a bind lo 80; a shutdown w; a listen 1; b tcp* 1 nb; "
     "b connect lo 80; b recv; b poll; a accept c; c send 1; c poll"),
    ("listeners", "shutdown of reading before listen", "a tcp* 0 nb; a bind lo 80; a shutdown r; a listen 1; "
     "b tcp* 1 nb; b connect lo 80; b send 3; a accept c; c poll; c recv; c recv"),
    ("listeners", "closed, and somebody waits", f"{WAITING}; a close; b poll; b recv; b recv; b send 1"),
    ("listeners", "closed, and a handshake is not over", f"{HALF_OPEN}; b state; a close; d tcp* 0; d bind lo 80; d listen 2; "
     "b poll; raw * @b 80 .; b poll; b error"),
    ("listeners", "closed, and a handshake is not over: shutdown", f"{HALF_OPEN}; a close; b shutdown w; b state; b error"),
    ("listeners", "closed, somebody was accepted", f"{OPEN}; a close; b send 1; c recv; c send 2; b recv"),
    ("listeners", "disconnected", f"{WAITING}; a disconnect; a state; a sockname; b recv; a accept c"),
    ("listeners", "options are inherited", "a tcp* 0 nb; a set reuseaddr 1; a set linger 0; a bind lo 80; a listen 1; "
     "b tcp* 1 nb; b connect lo 80; a accept c; c get reuseaddr; c get linger; b get reuseaddr"),

    ("before accept", "data", f"{WAITING}; b send 5; a poll; a accept c; c poll; c recv"),
    ("before accept", "a FIN", f"{WAITING}; b send 5; b close; a accept c; c state; c poll; c recv; c recv; c send 1; "
     "c send 1"),
    ("before accept", "a RST", f"{WAITING}; b set linger 0; b close; a poll; a accept c; c poll; c peername; c sockname; "
     "c state; c recv; c recv; c send 1"),
    ("before accept", "data and a RST: recv first", f"{WAITING}; b send 5; b set linger 0; b close; a accept c; "
     "c peername; c recv; c recv; c recv; c send 1"),
    ("before accept", "data and a RST: send first", f"{WAITING}; b send 5; b set linger 0; b close; a accept c; "
     "c send 1; c recv; c recv; c send 1; c poll"),
    ("before accept", "data and a RST: SO_ERROR first", f"{WAITING}; b send 5; b set linger 0; b close; a accept c; "
     "c error; c recv; c recv; c send 1"),
    ("before accept", "shutdown both, and a RST", f"{WAITING}; b shutdown b; b set linger 0; b close; a accept c; "
     "c poll; c recv; c send 1"),

    ("data", "peek", f"{OPEN}; b send 5; c peek 2; c peek; c recv 2; c peek; c recv; c peek"),
    ("data", "in parts", f"{OPEN}; b send 5; b send 6; c recv 3; c recv 4; c recv 100; c recv"),
    ("data", "blocking, nothing comes", "a tcp* 0; a bind lo 80; a listen 5; b tcp* 1; b connect lo 80; a accept c; c recv"),
    ("data", "nothing is sent", f"{OPEN}; b send 0; c poll; c recv"),
    ("data", "then a FIN", f"{OPEN}; b send 5; b shutdown w; c poll; c recv; c recv; c recv; c poll"),
    ("data", "after shutdown of reading", f"{OPEN}; c shutdown r; c poll; b send 5; c poll; c recv; c recv; b send 1; b poll"),
    ("data", "after shutdown of both", f"{OPEN}; c shutdown b; b recv; b send 5; b poll; b error; c poll; c error; c recv"),
    ("data", "after shutdown of both, one after the other", f"{OPEN}; c shutdown w; c shutdown r; b send 5; c poll; "
     "c recv; c send 1; b recv"),
    ("data", "to who has closed", f"{OPEN}; c close; b poll; b send 1; b poll; b send 1; b recv; b error"),
    ("data", "to who has closed, in FIN_WAIT_2", f"{OPEN}; c close; b send 1; b send 1; b recv; b poll"),
    ("data", "shutdown twice", f"{OPEN}; b shutdown w; b shutdown w; c recv; b shutdown b; b poll; c poll"),
    ("data", "shutdown of both ends", f"{OPEN}; b shutdown w; c shutdown w; b shutdown w; c shutdown w; b poll; c poll"),

    ("ends", "closed with data unread", f"{OPEN}; b send 5; c close; b recv; b recv; b send 1"),
    ("ends", "closed with data unread on both sides", f"{OPEN}; b send 5; c send 6; c close; b recv; b recv; b send 1"),
    ("ends", "closed with data unread, after a FIN", f"{OPEN}; b send 5; b shutdown w; c close; b recv; b poll"),
    ("ends", "closed with data unread, shut down before", f"{OPEN}; b shutdown w; c send 5; b close; c recv; c poll"),
    ("ends", "closed with data unread, in LAST_ACK", f"{OPEN}; c send 5; c shutdown w; fw in:drop:tcp:d80:FA; b shutdown w; "
     "b close; c poll"),
    ("ends", "closed with data unread, in CLOSING", f"{OPEN}; fw in:drop:tcp:d80:FA; b shutdown w; c send 5; c shutdown w; "
     "b close; c poll"),
    ("ends", "reset, data unread", f"{OPEN}; b send 5; b set linger 0; b close; c poll; c recv; c recv; c recv; c send 1"),
    ("ends", "reset in CLOSE_WAIT, data unread", f"{OPEN}; b send 5; b shutdown w; b set linger 0; b close; c poll; "
     "c recv; c recv; c send 1; c error"),
    ("ends", "reset in FIN_WAIT_2", f"{OPEN}; c shutdown w; b recv; b set linger 0; b close; c poll; c recv; c error"),
    ("ends", "linger off", f"{OPEN}; b set linger 0; b set linger -1; b get linger; b close; c recv"),
    ("ends", "both close", f"{OPEN}; b close; c close; a close"),
    ("ends", "disconnect of a connection", f"{OPEN}; b disconnect; b poll; b error; c recv; b state; b sockname; b peername"),
    ("ends", "disconnect in CLOSE_WAIT", f"{OPEN}; c shutdown w; b disconnect; b recv; c recv; b connect lo 80; a poll"),

    ("processes", "a client ends", f"{OPEN}; b send 5; exit 1; c recv; c recv; c poll"),
    ("processes", "a client ends, data unread", f"{OPEN}; c send 5; exit 1; c recv; c send 1"),
    ("processes", "a server ends", f"{OPEN}; d tcp* 1 nb; d connect lo 80; exit 0; b recv; d recv; d recv; b send 1; b send 1"),
    ("processes", "both ends in one", "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 0 nb; b connect lo 80; a accept c; exit 0"),
    ("processes", "a connect in progress", "fw in:drop:tcp:d80; b tcp* 1 nb; b connect lo 80; exit 1"),
    ("processes", "the port is free again", f"{OPEN}; exit 1; exit 0; d tcp* 2 nb; d bind lo 80; d set reuseaddr 1; d bind lo 80"),

    ("datagrams", "a fresh socket", "a udp* 0 nb; a poll; a sockname; a peername; a recv; a peek; a error; a send 1; "
     "a sockname; a bind lo 53"),
    ("datagrams", "sent and received", "a udp* 0 nb; a bind lo 53; b udp* 1 nb; b sendto 4 lo 53; b sendto 0 lo 53; "
     "b sendto 1000 lo 53; a poll; a peek; a recv; a recv; a recv; a recv; a sendto 3 lo @b; b recv"),
    ("datagrams", "nobody, not connected", "b udp* 1 nb; b sendto 4 lo 53; b poll; b error; b recv; b sendto 4 lo 53"),
    ("datagrams", "nobody, connected, in a loop", "b udp* 1 nb; b connect lo 53; b send 1; b send 1; b send 1; b send 1; "
     "b send 1; b send 1; b recv; b recv"),
    ("datagrams", "nobody: who is told", "b udp* 1 nb; b connect lo 53; b send 1; b poll; b error; b poll; b send 1; b recv; "
     "b send 1; b peek; b send 1; b send 1"),
    ("datagrams", "connected: names", "b udp* 1 nb; b connect lo 53; b sockname; b peername; b connect lo 54; b peername; "
     "b disconnect; b sockname; b peername"),
    ("datagrams", "connected, bound: names", "b udp* 1 nb; b bind any 55; b connect lo 53; b sockname; b disconnect; b sockname"),
    ("datagrams", "connected: from others", "a udp* 0 nb; a bind lo 53; a connect lo 54; b udp* 1 nb; b bind lo 55; "
     "b sendto 4 lo 53; a recv; c udp* 1 nb; c bind lo 54; c sendto 5 lo 53; a recv; b connect lo 53; b send 6; b error"),
    ("datagrams", "connected, sent elsewhere", "a udp* 0 nb; a bind lo 53; b udp* 1 nb; b connect lo 54; b sendto 4 lo 53; "
     "a recv; b send 1; b sendto 4 lo 53"),
    ("datagrams", "shutdown, not connected", "b udp* 1 nb; b shutdown w; b sendto 1 lo 53; b shutdown r; b recv; b poll"),
    ("datagrams", "shutdown of writing", "b udp* 1 nb; b connect lo 53; b shutdown w; b send 1; b poll; b recv"),
    ("datagrams", "shutdown of reading", "a udp* 0 nb; a bind lo 53; a connect lo 54; a shutdown r; a poll; a recv; "
     "b udp* 1 nb; b bind lo 54; b sendto 4 lo 53; a recv; a poll"),
    ("datagrams", "shutdown of reading, blocking", "a udp* 0; a bind lo 53; a connect lo 54; a shutdown r; a recv"),
    ("datagrams", "shutdown of both", "b udp* 1 nb; b connect lo 53; b shutdown b; b poll; b send 1; b recv; b error"),
    ("datagrams", "the error before EPIPE", "b udp* 1 nb; b connect lo 53; b send 1; b shutdown w; b send 1; b send 1"),
    ("datagrams", "blocking, nothing comes", "a udp* 0; a bind lo 53; a recv"),
    ("datagrams", "two on a port", "a udp* 0 nb; a bind lo 53; b udp* 0 nb; b bind lo 53; b set reuseaddr 1; b bind lo 53; "
     "b bind any 53"),
    ("datagrams", "two on a port that both allow", "a udp* 0 nb; a set reuseaddr 1; a bind lo 53; b udp* 0 nb; "
     "b set reuseaddr 1; b bind lo 53; c udp* 1 nb; c sendto 4 lo 53; a recv; b recv"),
    ("datagrams", "an address before any", "a udp* 0 nb; a set reuseaddr 1; a bind any 53; b udp* 0 nb; b set reuseaddr 1; "
     "b bind lo 53; c udp* 1 nb; c sendto 4 lo 53; a recv; b recv"),
    ("datagrams", "a peer before an address", "a udp* 0 nb; a set reuseaddr 1; a bind lo 53; b udp* 0 nb; b set reuseaddr 1; "
     "b bind lo 53; c udp* 1 nb; c bind lo 54; a connect lo 54; c sendto 4 lo 53; a recv; b recv"),
    ("datagrams", "to itself", "b udp* 1 nb; b bind lo 81; b connect lo 81; b send 5; b recv; b poll; b send 3; "
     "b shutdown r; b recv; b send 1; b peername"),
    ("datagrams", "to itself, not connected", "b udp* 1 nb; b bind any 81; b sendto 3 lo 81; b recv; b connect lo 81; "
     "b sockname; b send 4; b recv"),
    ("datagrams", "accept, listen: of streams only", "a udp* 0 nb; a bind lo 53; a error"),
    ("datagrams", "closed, and data waits", "a udp* 0 nb; a bind lo 53; b udp* 1 nb; b connect lo 53; b send 4; a close; "
     "b error; b send 4; b error"),
    ("datagrams", "a process ends", "a udp* 0 nb; a bind lo 53; b udp* 1 nb; b connect lo 53; exit 0; b send 4; b recv"),
)


def rows():
    """=> All of them."""
    found = []
    for group, name, text in (*PLAIN, *firewall(), *after_connect()):
        for family in "46" if "*" in text else " ":
            found.append(ProgramRow(f"{name}{', IPv' + family if '*' in text else ''}", group,
                                    text.replace("*", family)))
    found += [ProgramRow(name, "segments", text) for name, text in segments.rows()]
    return found + states()
