# SPDX-License-Identifier: BSD-3-Clause
"""Packets from lo as text, without what two systems may choose for themselves.

    127.0.0.1.c > 127.0.0.1.22 S 0:0(0)

`c` is the client's port. seq and ack count from the initial sequence numbers. A RST is shown
with all of its header, since all of it is known: win, ttl, id, DF, the options' length.
"""
import ipaddress
import struct

TCP_FLAGS = ((0x02, "S"), (0x01, "F"), (0x04, "R"), (0x08, "P"), (0x10, "."))
SYN, RST, ACK = 0x02, 0x04, 0x10
ICMP_ERRORS = {4: 3, 6: 1}
ICMP = {4: 1, 6: 58}


class Packet:
    """One packet, taken apart."""

    def __init__(self, data):
        self.version = data[0] >> 4
        if self.version == 4:
            header, self.length = (data[0] & 15) * 4, struct.unpack_from("!H", data, 2)[0]
            self.tos = data[1]
            self.id, fragment = struct.unpack_from("!HH", data, 4)
            self.df, self.ttl, self.proto = bool(fragment & 0x4000), data[8], data[9]
            source, destination = data[12:16], data[16:20]
        else:
            header, self.length = 40, 40 + struct.unpack_from("!H", data, 4)[0]
            self.tos, self.id, self.df = struct.unpack_from("!H", data)[0] >> 4 & 255, None, None
            self.proto, self.ttl = data[6], data[7]
            source, destination = data[8:24], data[24:40]
        self.source = ipaddress.ip_address(source)
        self.destination = ipaddress.ip_address(destination)
        self.body, self.size = data[header:], self.length - header  # the body may be cut short
        if self.proto in (6, 17) and len(self.body) >= 8:
            self.sport, self.dport = struct.unpack_from("!HH", self.body)

    @property
    def tcp(self):
        """seq, ack, flags, window, options, payload's length."""
        seq, ack, offset, flags, window = struct.unpack_from("!IIBBH", self.body, 4)
        header = (offset >> 4) * 4
        return seq, ack, flags, window, self.body[20:header], self.size - header


def port_name(port, server):
    return str(port) if port == server else "c"


def ends(packet, server):
    return (f"{packet.source}.{port_name(packet.sport, server)} > "
            f"{packet.destination}.{port_name(packet.dport, server)}")


def relative(number, base):
    return (number - base) % 2**32 if number is not None and base is not None else number


def tcp_text(packet, server, isns):
    seq, ack, flags, window, options, length = packet.tcp
    if flags & SYN:
        isns[packet.sport == server] = seq
    # A RST that answers no ACK has seq 0, and not relative to anything.
    mine = None if flags & RST and seq == 0 else isns.get(packet.sport == server)
    seq = relative(seq, mine)
    text = (f"{ends(packet, server)} {''.join(name for bit, name in TCP_FLAGS if flags & bit)} "
            f"{seq}:{(seq + length) % 2**32}({length})")
    if flags & ACK:
        text += f" ack {relative(ack, isns.get(packet.dport == server))}"
    if flags & RST:
        text += f" win {window} ttl {packet.ttl}"
        text += f" id {packet.id} {'DF' if packet.df else 'no DF'}" if packet.version == 4 else ""
        text += " <>" if not options else f" <{len(options)} bytes>"
    return text


def icmp_text(packet, server):
    kind, code = packet.body[0], packet.body[1]
    name = "icmp" if packet.version == 4 else "icmp6"
    text = f"{packet.source} > {packet.destination} {name} type {kind} code {code}"
    if kind == ICMP_ERRORS[packet.version]:
        quoted = Packet(packet.body[8:])
        text += f" tos {packet.tos:#x} ttl {packet.ttl}"
        text += f" {'DF' if packet.df else 'no DF'}" if packet.version == 4 else ""
        text += f" for {ends(quoted, server)}"
        text += f" proto {quoted.proto}, "
        length = packet.size - 8
        text += "quoted whole" if length == quoted.length else f"{length} bytes quoted"
    return text


def kind_of(packet):
    """A word for a packet, for the table."""
    if packet.proto == 6:
        flags = packet.tcp[2]
        return "".join(name for bit, name in TCP_FLAGS if flags & bit)
    return {17: "udp", 1: "icmp", 58: "icmp"}.get(packet.proto, str(packet.proto))


def texts(observation, server):
    """=> (seconds, text, word) of each packet of an observation."""
    isns = {} if observation.isn is None else {False: observation.isn}
    lines = []
    for at, data in observation.packets:
        packet = Packet(data)
        if packet.proto == 6:
            text = tcp_text(packet, server, isns)
        elif packet.proto == 17:
            text = f"{ends(packet, server)} udp {packet.size - 8} bytes ttl {packet.ttl}"
        else:
            text = icmp_text(packet, server)
        lines.append((at, text, kind_of(packet)))
    return lines
