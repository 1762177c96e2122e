# SPDX-License-Identifier: BSD-3-Clause
"""Rows with segments that no socket has sent (random/segment.py), in every state of TCP.

The families are taken in turn, so that each kind of segment meets both.
"""

# A listener a, its connection c, and the client b, at port 1000.
OPEN = "a tcp* 0 nb; a bind lo 80; a listen 5; b tcp* 1 nb; b bind lo 1000; b connect lo 80; a accept c"

# Where b is when a segment comes to it as from the server. To c, in the same state, it comes as
# from the client: b and c change places.
STATES = {
    "ESTABLISHED": "",
    "data unread": "; c send 4",
    "data outstanding": "; fw in:drop:tcp:s1000; b send 5",
    "shut down for reading": "; b shutdown r",
    "CLOSE_WAIT": "; c shutdown w",
    "CLOSE_WAIT, data unread": "; c send 4; c shutdown w",
    "FIN_WAIT_1": "; fw in:drop:tcp:s1000:FA; b shutdown w",
    "FIN_WAIT_2": "; b shutdown w",
    "FIN_WAIT_2, half closed and data": "; b shutdown w; c send 3",
    "FIN_WAIT_2, closed": "; b close",
    "shut down for both": "; b shutdown b",
    "CLOSING": "; fw in:drop:tcp:s1000:FA; b shutdown w; c shutdown w",
    "LAST_ACK": "; c shutdown w; fw in:drop:tcp:s1000:FA; b shutdown w",
    "TIME_WAIT": "; b shutdown w; c shutdown w",
    "closed by both": "; c shutdown w; b shutdown w",
}
SEGMENTS = {
    "nothing at all": "-", "data without ACK": "- 5", "FIN without ACK": "F",
    "a SYN at the edge": "S", "a SYN in the window": "S 0 5", "a SYN before the window": "S 0 -5",
    "SYN|ACK": "S.", "SYN|FIN": "SF", "SYN with data": "S 5 3", "SYN|RST": "SR",
    "a RST at the edge": "R", "RST|ACK at the edge": "R.", "a RST in the window": "R 0 5",
    "a RST before the window": "R 0 -5", "a RST at the FIN": "R 0 -1", "a RST far beyond": "R 0 200000",
    "RST|FIN": "FR",
    "data": ". 5", "data ahead": ". 5 10", "old data": ". 3 -3", "older data": ". 3 -30",
    "data beyond": ". 3 200000", "old and new data": ". 6 -3",
    "an ACK again": ".", "an ACK of one less": ". 0 0 -1", "a very old ACK": ". 0 0 -200000",
    "an ACK of what was not sent": ". 0 0 10", "data that acknowledges what was not sent": ". 5 0 10",
    "a FIN": "F.", "FIN with data": "F. 5", "a FIN ahead": "F. 0 5", "a FIN again": "F. 0 -1",
}
LOOK = "b poll; b state; c poll; c state; b recv; b recv; b error; b send 2; c recv; c error; b state; c state"

LISTENER = "a tcp* 0 nb; a bind lo 80; a listen 5"
OPENING = {  # to a listener, and to nobody
    "a SYN": "S", "SYN|FIN": "SF", "SYN|RST": "SR", "SYN|ACK": "S.", "an ACK": ".", "a RST": "R", "RST|ACK": "R.",
    "a FIN": "F", "FIN|ACK": "F.", "nothing at all": "-", "SYN with data": "S 5", "data without ACK": "- 5",
    "SYN|FIN with data": "SF 5", "data": "P. 5",
}
HALF_OPEN = {  # to a connection whose SYN has been answered
    "a RST": "R", "a RST in the window": "R 0 5", "a RST before it": "R 0 -1", "RST|ACK": "R.", "the SYN again": "S 0 -1",
    "a SYN at the edge": "S", "a SYN in the window": "S 0 5", "SYN|ACK": "S.", "SYN|ACK again": "S. 0 -1",
    "FIN|ACK": "F.", "FIN with data": "F. 5", "data": ". 5", "data ahead": ". 0 5", "a FIN without ACK": "F",
    "an ACK of one more": ". 0 0 1", "an ACK of one less": ". 0 0 -1", "data without ACK": "- 5",
    "data beyond": ". 5 100000", "data beyond, without ACK": "- 5 100000", "old data": ". 5 -30", "old and new data": ". 5 -3",
    "a RST beyond": "R 0 100000", "RST|ACK of one more": "R. 0 0 1", "RST|ACK in the window": "R. 0 5", "SYN|FIN": "SF 0 -1",
    "SYN|RST": "SR 0 -1", "a SYN beyond": "S 0 100000", "SYN|ACK of one more": "S. 0 0 1", "the SYN again, with data": "S 5 -1",
    "SYN|ACK in the window": "S. 0 5", "the FIN beyond": "F. 0 100000",
}
SYN_SENT = {  # to a connect whose SYN is lost
    "a SYN": "S", "SYN|ACK": "S.", "SYN|ACK of one more": "S. 0 0 1", "SYN|ACK of one less": "S. 0 0 -1", "an ACK": ".",
    "an ACK of more": ". 0 0 5", "an ACK of one less": ". 0 0 -1", "a RST": "R", "RST|ACK": "R.",
    "RST|ACK of more": "R. 0 0 5", "RST|ACK of one less": "R. 0 0 -1", "FIN|ACK": "F.", "a FIN": "F",
    "data without ACK": "- 5", "data": ". 5", "SYN with data": "S 5", "SYN|FIN": "SF", "SYN|ACK|FIN": "SF.",
    "SYN|ACK with data": "S. 5", "SYN|RST|ACK": "SR.",
}
CALLED = "fw in:drop:tcp:d80:S in:drop:tcp:d80:SA; b tcp* 1 nb; b bind lo 1000; b connect lo 80"
CROSSED = {  # to a connect whose SYN has crossed the peer's
    "an ACK": ".", "SYN|ACK": "S. 0 -1", "a RST": "R", "a RST in the window": "R 0 5", "RST|ACK": "R.", "the SYN again": "S 0 -1",
    "a SYN ahead": "S 0 5", "FIN|ACK": "F.", "data": ". 5", "an ACK of one more": ". 0 0 1", "an ACK of one less": ". 0 0 -1",
    "data without ACK": "- 5",
}
ENDS = {  # how it comes to TIME_WAIT at the server's port, and whether somebody still listens
    "a listener": "c shutdown w; b shutdown w", "both closed, a listener": "c close; b close",
    "nobody listens": "c close; b close; a close",
}
IN_TIME_WAIT = {
    "a higher SYN": "S 0 1", "a SYN at the edge": "S", "a lower SYN": "S 0 -1", "a much higher SYN": "S 0 100000",
    "SYN|FIN": "SF 0 5", "SYN with data": "S 5 5", "SYN|ACK": "S. 0 5", "a RST": "R", "a RST in the window": "R 0 5",
    "an ACK": ".", "a FIN": "F.", "the FIN again": "F. 0 -1", "data": ". 5", "nothing at all": "-",
}
STORMS = (
    ("data of nobody's", "raw * 1000 80 . 1; c recv; b send 5; c recv; c send 3; b recv"),
    ("more data of nobody's", "raw * 1000 80 . 5; b send 5; c recv; b send 5; c recv; b poll"),
    ("data of nobody's to the client", "raw * 80 1000 . 5; b recv; b send 5; c recv; c send 7; b recv; c send 1; b recv"),
    ("a FIN of nobody's", "raw * 1000 80 F.; b send 5; c recv; b poll; c send 3; b recv; c close; b recv"),
    ("data of nobody's to both", "raw * 1000 80 . 5; raw * 80 1000 . 5; b recv; c recv; b send 1; c send 1"),
    ("refused several times before the handshake is over", f"{LISTENER}; fw in:drop:tcp:d1000; raw * 1000 80 S; "
     "raw * 1000 80 . 0 100000; raw * 1000 80 . 0 100000; raw * 1000 80 S 0 -1; raw * 1000 80 R 0 5; raw * 1000 80 . 5 100000; raw * 1000 80 .; a poll"),
    ("a RST ahead, twice, before the handshake is over", f"{LISTENER}; fw in:drop:tcp:d1000; raw * 1000 80 S; raw * 1000 80 R 0 5; "
     "raw * 1000 80 R 0 6; raw * 1000 80 S 0 -1; raw * 1000 80 .; a poll"),
    ("refused several times", "raw * 1000 80 . 0 0 5; raw * 1000 80 . 0 0 5; raw * 1000 80 S; raw * 1000 80 R 0 5; "
     "raw * 1000 80 S 0 4; raw * 80 1000 S; raw * 80 1000 . 0 0 4"),
)


def other_side(text):
    """With b and c in each other's place."""
    swapped = {"b": "c", "c": "b"}
    words = [swapped.get(word, word) for word in text.split(" ")]
    return " ".join(words).replace("s1000", "s80").replace("shutdown c", "shutdown b")


def in_states():
    for state, setup in STATES.items():
        for name, segment in SEGMENTS.items():
            yield (f"to the client, {state}: {name}", f"{OPEN}{setup}; raw * 80 1000 {segment}; {LOOK}")
    for state, setup in STATES.items():
        for name, segment in list(SEGMENTS.items())[::2]:
            yield (f"to the server, {state}: {name}",
                   f"{OPEN}{other_side(setup)}; raw * 1000 80 {segment}; {other_side(LOOK)}")


def queue(backlog, count):
    syns = "; ".join(f"raw * {1000 + i} 80 S" for i in range(count))
    acks = "; ".join(f"raw * {1000 + i} 80 ." for i in range(count))
    both = "; ".join(f"raw * {1000 + i} 80 S; raw * {1000 + i} 80 ." for i in range(count))
    listener = f"a tcp* 0 nb; a bind lo 80; a listen {backlog}"
    accept = "; ".join(f"a accept {name}" for name in "defgh")
    yield (f"{count} SYNs, backlog {backlog}",
           f"{listener}; {syns}; b tcp* 1 nb; b connect lo 80; b poll; b state; a accept c; {acks}; {accept}")
    yield f"{count} connections, backlog {backlog}", f"{listener}; {both}; a poll; {accept}"


def opening():
    for name, segment in OPENING.items():
        after = "raw * 1000 80 .; a poll; a accept c; c state; c peername; c recv"
        yield f"to a listener: {name}", f"{LISTENER}; raw * 1000 80 {segment}; {after}"
        yield f"to nobody: {name}", f"raw * 1000 80 {segment}"
        yield f"to a port where somebody listened: {name}", f"{LISTENER}; a close; raw * 1000 80 {segment}"
    for name, segment in HALF_OPEN.items():
        yield (f"half open: {name}", f"{LISTENER}; fw in:drop:tcp:d1000; raw * 1000 80 S; raw * 1000 80 {segment}; a poll; a accept c; c state; "
               "c poll; c recv; c recv; raw * 1000 80 .; a accept d; d state")
    for name, segment in SYN_SENT.items():
        yield (f"to a connect: {name}", f"{CALLED}; raw * 80 1000 {segment}; b poll; b state; b error; raw * 80 1000 .; "
               "b state; b send 3; b recv; b error")
    for name, segment in CROSSED.items():
        yield (f"to a connect that has crossed: {name}", f"{CALLED}; raw * 80 1000 S; b state; raw * 80 1000 {segment}; "
               "b poll; b state; b error; raw * 80 1000 .; b state; b send 3; b recv; b error")
    for backlog in (0, 1, 2):
        yield from queue(backlog, 5)


def ending():
    for end, text in ENDS.items():
        for name, segment in IN_TIME_WAIT.items():
            yield (f"in TIME_WAIT, {end}: {name}", f"{OPEN}; {text}; raw * 1000 80 {segment}; a poll; a accept d; d state; "
                   "raw * 1000 80 .; raw * 1000 80 R; a accept e")
    for name, text in STORMS:
        yield f"who never sent it: {name}", text if text.startswith(LISTENER) else f"{OPEN}; {text}"


def rows():
    """=> (name, text) of each; "*" stands for nothing any more."""
    found = [*in_states(), *opening(), *ending()]
    return [(name, text.replace("*", "46"[i % 2])) for i, (name, text) in enumerate(found)]
