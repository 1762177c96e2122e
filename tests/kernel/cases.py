# SPDX-License-Identifier: BSD-3-Clause
"""The rows: what is done, under which rules, in nftables' language and in ipf.conf's.

A row's steps are done one after the other, by one thread, on the machine's kernel and in a box of
the era `linux`. A step is a tuple: a verb, and what it needs:

    rules N             the N-th pair of rules, counted from 0; the first is there from the start
    connect             TCP: the client connects to the server's port
    accept              TCP: the server takes the connection
    PEER send N         N bytes; PEER is `client` or `server`
    PEER recv           what has come, within RECV_S; "nothing" if there is nothing
    PEER shutdown       no more is sent
    PEER close
    wait N              N seconds go by
"""
import dataclasses

PORT = 22
RECV_S = 0.2
SYN_RETRIES, SYN_LINEAR = 1, 0


@dataclasses.dataclass(frozen=True)
class Rules:
    nft: tuple = ()  # lines for nft -f inside of `table inet lo0sim { ... }`
    ipf: str = ""


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    group: str
    proto: str        # tcp, udp
    family: int       # 4, 6
    rules: tuple      # of Rules
    steps: tuple
    listener: bool = True
    connected: bool = True  # UDP: the client's socket has a peer


def chain(hook, *statements):
    return (f"chain {hook} {{ type filter hook {hook} priority 0; {'; '.join(statements)}; }}",)


NONE = Rules()


def drop(hook, proto):
    way = {"input": "in", "output": "out"}[hook]
    return Rules(chain(hook, f"{proto} dport {PORT} drop"),
                 f"block {way} on lo0 proto {proto} from any to any port = {PORT}")


def reject(hook, proto):
    way = {"input": "in", "output": "out"}[hook]
    with_what, answer = {"tcp": ("tcp reset", "return-rst"),
                         "udp": ("icmpx type port-unreachable", "return-icmp(port-unr)")}[proto]
    return Rules(chain(hook, f"{proto} dport {PORT} reject with {with_what}"),
                 f"block {answer} {way} on lo0 proto {proto} from any to any port = {PORT}")


SEND_RECV_SEND = (("client send", 4), ("wait", 0.05), ("client recv",), ("client send", 4),
                  ("wait", 0.05))


def outcomes():
    """linux-facts: outcomes on lo."""
    kinds = (("no rule, no listener", lambda proto: NONE, False),
             ("drop in INPUT", lambda proto: drop("input", proto), True),
             ("reject in INPUT", lambda proto: reject("input", proto), True),
             ("drop in OUTPUT", lambda proto: drop("output", proto), True),
             ("reject in OUTPUT", lambda proto: reject("output", proto), True))
    for name, rules, listener in kinds:
        for family in (4, 6):
            yield Row(name, "outcomes", "tcp", family, (rules("tcp"),), (("connect",),), listener)
        for family in (4, 6):
            yield Row(name, "outcomes", "udp", family, (rules("udp"),), SEND_RECV_SEND, listener)
    for family in (4, 6):
        yield Row("no rule, listener", "outcomes", "tcp", family, (NONE,), (("connect",),))
    for family in (4, 6):
        yield Row("no rule, listener", "outcomes", "udp", family, (NONE,),
                  (("client send", 4), ("server recv",), ("server send", 4), ("client recv",),
                   ("client send", 4)))
    for family in (4, 6):
        yield Row("unconnected, no listener", "outcomes", "udp", family, (NONE,), SEND_RECV_SEND,
                  listener=False, connected=False)
    for name, rules in (("1000 bytes, no listener", NONE),
                        ("1000 bytes, reject in INPUT", reject("input", "udp"))):
        for family in (4, 6):
            yield Row(name, "outcomes", "udp", family, (rules,),
                      (("client send", 1000), ("wait", 0.05), ("client recv",)), listener=False)


# nft's name, ipf's code for IPv4; nft's, and the ICMPv4 code that stands for it, for IPv6.
CODES = {
    4: (("port-unreachable", "port-unr"), ("admin-prohibited", "filter-prohib"),
        ("net-unreachable", "net-unr"), ("host-unreachable", "host-unr"),
        ("host-prohibited", "host-prohib"), ("net-prohibited", "net-prohib"),
        ("prot-unreachable", "proto-unr")),
    6: (("port-unreachable", "port-unr"), ("admin-prohibited", "filter-prohib"),
        ("addr-unreachable", "host-unr")),
}


def codes():
    """linux-facts: which ICMP code gives which errno."""
    for family, pairs in CODES.items():
        for proto in ("tcp", "udp"):
            for nft, ipf in pairs:
                rules = Rules(
                    chain("input", f"{proto} dport {PORT} reject with "
                          f"icmp{'v6' if family == 6 else ''} type {nft}"),
                    f"block return-icmp({ipf}) in on lo0 proto {proto} from any to any port = "
                    f"{PORT}")
                yield Row(f"{nft} in INPUT", "codes", proto, family, (rules,),
                          (("connect",),) if proto == "tcp" else SEND_RECV_SEND)


def replies():
    """linux-facts: where the reply itself is filtered."""
    only = Rules(
        ("chain input { type filter hook input priority 0; policy drop;"
         f" tcp dport {PORT} reject with tcp reset; }}",),
        f"block in on lo0 all\nblock return-rst in on lo0 proto tcp from any to any port = {PORT}")
    rst_too = Rules(
        ("chain input { type filter hook input priority 0; policy drop;"
         f" tcp dport {PORT} reject with tcp reset; tcp flags & rst == rst accept; }}",),
        only.ipf + f"\npass in on lo0 proto tcp from any port = {PORT} to any flags R/R")
    syn_ack = Rules(
        chain("input", f"tcp sport {PORT} reject with tcp reset"),
        f"block return-rst in on lo0 proto tcp from any port = {PORT} to any")
    for family in (4, 6):
        yield Row("only the reject passes", "replies", "tcp", family, (only,), (("connect",),))
    for family in (4, 6):
        yield Row("the RST passes, too", "replies", "tcp", family, (rst_too,), (("connect",),))
    for family in (4, 6):
        yield Row("reject the SYN|ACK", "replies", "tcp", family, (syn_ack,), (("connect",),))


def established():
    """linux-facts: a rule that arrives on an established connection."""
    to_server = reject("input", "tcp")
    from_server = Rules(chain("input", f"tcp sport {PORT} reject with tcp reset"),
                        f"block return-rst in on lo0 proto tcp from any port = {PORT} to any")
    fin = Rules(
        chain("input", f"tcp dport {PORT} tcp flags & fin == fin reject with tcp reset"),
        f"block return-rst in on lo0 proto tcp from any to any port = {PORT} flags F/F")
    opened = (("connect",), ("accept",), ("rules", 1))
    ways = (
        ("to the server, client sends", to_server,
         (("client send", 4), ("wait", 0.05), ("client recv",), ("client send", 4),
          ("server recv",))),
        ("FIN, client shuts down", fin,
         (("client send", 4), ("wait", 0.05), ("client shutdown",), ("wait", 0.05),
          ("server recv",), ("client recv",), ("server recv",))),
        ("FIN, client closes", fin,
         (("client close",), ("wait", 0.05), ("server recv",), ("server send", 4),
          ("wait", 0.05), ("server send", 4))),
        ("from the server, server sends", from_server,
         (("server send", 4), ("wait", 0.05), ("server recv",), ("client recv",))),
    )
    for name, rules, steps in ways:
        for family in (4, 6):
            yield Row(name, "established", "tcp", family, (NONE, rules), opened + steps)


def rows():
    return [*outcomes(), *codes(), *replies(), *established()]
