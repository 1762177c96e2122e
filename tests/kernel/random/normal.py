# SPDX-License-Identifier: BSD-3-Clause
"""Takes what two systems may do differently out of a program's answers.

Each rule, and why it is timing's, or the system's own choice, and not a socket's semantics:

1. Ports that the system chose become e1, e2, ... in the order in which they are first seen.
2. Bare ACKs are left out: when they are sent, and how many, is the receiver's delayed-ACK timer's;
   but for those that answer a segment of nobody's (segment.py) at once.
   So are PSH flags, which only a receiver's scheduling looks at.
3. Data that goes one way within one call is one packet; a FIN that comes with data is a packet of
   its own: how data is cut into segments depends on windows and sizes of buffers.
4. What was sent before is left out: retransmissions and probes are timers'. So is a second ICMP
   error about one connection: a segment that OUTPUT refuses Linux has not sent, and tries again
   when it likes.
   An ICMP error stands after all else of its call: a bare ACK that is left out may have provoked it,
   or the FIN that took its place.
5. TIME_WAIT is CLOSED: on Linux a socket leaves its endpoint there.

Besides, both players switch Nagle's algorithm off, since what it holds back waits for an ACK.
"""
import re

import program

NAMED = re.compile(r"^(\S+):(\d+)$")


class Ports:
    """Names of ports, within one program."""

    def __init__(self):
        self.names = {}

    def name(self, port):
        if int(port) <= program.PORT_MAX:
            return port
        return self.names.setdefault(port, f"e{len(self.names) + 1}")


def sequence_end(letters, seq, length):
    return (seq + length + ("S" in letters) + ("F" in letters)) % 2**32


def is_after(a, b):
    return 0 < (a - b) % 2**32 < 2**31


def without_what_was_sent(packets, sent):
    """`sent`: {(sport, dport): where the sequence numbers that were sent end}, of all of a
    program's packets."""
    for packet in packets:
        kind, *words = packet.split()
        if kind.startswith("icmp") and words[2] == "6":
            same = tuple(words[:-1])
            if same not in sent:
                yield packet
            sent[same] = True
            continue
        if not kind.startswith("tcp"):
            yield packet
            continue
        sport, dport, letters, seq, length = words[0], words[1], words[2], int(words[3]), int(words[4])
        way, end = (kind, sport, dport), sequence_end(letters, seq, length)
        is_new = way not in sent or is_after(end, sent[way]) or "R" in letters or (
            "S" in letters and end != sent[way])
        if is_new:
            sent[way] = end if "R" not in letters else sent.get(way, end)
            yield packet


def parts(packets, with_acks=False):
    """=> [way, what, length] of each: FINs apart from their data, no bare ACKs."""
    for packet in packets:
        kind, *words = packet.split()
        if not kind.startswith("tcp"):
            yield kind, words, None
            continue
        sport, dport, letters, _seq, length = words
        letters = "".join(one for one in "SFR.-" if one in letters)  # no P
        way = [sport, dport]
        if with_acks and letters in ("", "-", ".") and length == "0":
            yield kind, [*way, letters or "-"], None
        if int(length) > 0 and "S" not in letters and "R" not in letters:
            yield kind, way, int(length)
        if set(letters) & set("SFR"):
            yield kind, [*way, letters.replace(".", "") if "F" in letters else letters], None


def merged(some):
    result = []
    for kind, words, length in some:
        if length is not None and result and result[-1][:2] == (kind, words) and result[-1][2]:
            length += result.pop()[2]
        result.append((kind, words, length))
    return result


def packet_text(ports, kind, words, length):
    family = "" if kind[-1] == "4" else "6:"
    if kind.startswith("icmp"):
        return (f"{family}icmp{words[0]}/{words[1]}({ports.name(words[3])}>{ports.name(words[4])})")
    ends = f"{ports.name(words[0])}>{ports.name(words[1])}"
    if kind.startswith("udp"):
        return f"{family}{ends}:udp{words[2]}"
    return f"{family}{ends}:{length if length is not None else words[2]}"


def result_text(ports, result):
    named = NAMED.match(result)
    if named:
        return f"{named.group(1)}:{ports.name(named.group(2))}"
    return "CLOSED" if result == "TIME_WAIT" else result


def seen_of(packets, sent, is_raw):
    """A segment of nobody's is no socket's: it is shown whatever it is, and so are the ACKs that
    answer it."""
    if not is_raw:
        return merged(parts(without_what_was_sent(packets, sent)))
    answers = [packet for packet in packets[1:] if packet.split()[3:6:2] == [".", "0"]]
    others = [packet for packet in packets[1:] if packet not in answers]
    return [*parts(packets[:1], True), *parts(answers, True),
            *merged(parts(without_what_was_sent(others, sent)))]


def of(answers, calls=None):
    """=> The answers as text, one for each call: "ok" or "ok [e1>80:S 80>e1:S.]"."""
    ports, sent, texts = Ports(), {}, []
    for i, (result, packets) in enumerate(answers):
        text = result_text(ports, result)
        is_raw = calls is not None and calls[i][0] == "raw"
        seen = [packet_text(ports, *part) for part in seen_of(packets, sent, is_raw)]
        seen.sort(key=lambda packet: "icmp" in packet)
        texts.append(text + (f" [{' '.join(seen)}]" if seen else ""))
    return texts
