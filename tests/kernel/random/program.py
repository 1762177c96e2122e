# SPDX-License-Identifier: BSD-3-Clause
"""A program: socket calls by two to four processes on loopback, as one line of text.

    a tcp4 0; a bind lo 80; a listen 1; b tcp4 1 nb; b connect lo 80; a accept c; c recv; exit 0

Calls are separated by `; ` and made one after the other. A socket has a letter:

    X tcp4|tcp6|udp4|udp6 PROCESS [nb]   makes it; with nb it does not block
    X bind ADDRESS PORT                  ADDRESS: lo, any; of the socket's family. PORT 0: a free one
    X listen BACKLOG                     PORT @Y: the one that Y has
    X connect ADDRESS PORT
    X disconnect                         a connect to AF_UNSPEC
    X accept Y                           Y is the connection, and blocks unless X does not
    X send N        X sendto N ADDRESS PORT
    X recv [MAX]    X peek [MAX]         MAX is for TCP
    X shutdown r|w|b
    X close
    X set OPTION VALUE                   reuseaddr, v6only, nodelay, linger (-1: off; seconds)
    X get OPTION
    X poll  X error  X state  X sockname  X peername
    X nb 0|1
    exit PROCESS                         with all that it has open
    fw RULE...                           the firewall from now on; see firewall.py
    raw FAMILY SPORT DPORT FLAGS [LENGTH [SEQ [ACK]]]
                                         a segment that no socket has sent; see segment.py

A socket that blocks waits for WAIT_S at most (SO_RCVTIMEO, SO_SNDTIMEO).
"""
WAIT_S = 0.02
PORT_MAX = 1023  # ports of programs; what is above was chosen by the system
OF_NO_SOCKET = ("fw", "exit", "raw")
KINDS = ("tcp4", "tcp6", "udp4", "udp6")


def calls_of(text):
    """=> The calls, each a list of words."""
    return [call.split() for call in text.split("; ")]


def text_of(calls):
    return "; ".join(" ".join(words) for words in calls)


def family_of(kind):
    return int(kind[-1])


def owners(calls):
    """=> {socket: (kind, process)} for all sockets that a program may have."""
    found = {}
    for words in calls:
        if len(words) > 1 and words[1] in KINDS:
            found[words[0]] = (words[1], int(words[2]))
        elif len(words) > 2 and words[1] == "accept" and words[0] in found:
            found[words[2]] = found[words[0]]
    return found


def without_strangers(calls):
    """Without the calls on sockets that the program never makes."""
    known, kept = owners(calls), []
    for words in calls:
        ports = [word[1:] for word in words if word.startswith("@")]
        if all(name in known for name in ports) and (words[0] in known or words[0] in OF_NO_SOCKET):
            kept.append(words)
    return kept


def processes(calls):
    return 1 + max([process for _kind, process in owners(calls).values()] +
                   [int(words[1]) for words in calls if words[0] == "exit"], default=0)
