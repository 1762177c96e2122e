# SPDX-License-Identifier: BSD-3-Clause
"""Random rules in both languages: nftables' for the kernel, ipf.conf's for the box.

A rule is WAY:ACTION:PROTO:WHERE[:FLAGS], such as in:drop:tcp:d80:S

    WAY     in, out
    ACTION  drop; rst (TCP only); an ICMP code: port, admin, host, net
    WHERE   d80: to port 80; s80: from port 80
    FLAGS   of TCP, of which SYN, ACK, FIN and RST are looked at: S, SA, F, R, ...: FA is FIN and ACK

The first rule that matches decides; what none matches passes.
"""
NFT_FLAGS = {"S": "syn", "A": "ack", "F": "fin", "R": "rst"}
CODES = {"port": ("port-unreachable", "port-unr"), "admin": ("admin-prohibited", "filter-prohib"),
         "host": ("host-unreachable", "host-unr"), "net": ("no-route", "net-unr")}


def parts_of(rule):
    way, action, proto, where, *flags = rule.split(":")
    return way, action, proto, where[0], where[1:], flags[0] if flags else None


def nft_rule(rule):
    _way, action, proto, end, port, flags = parts_of(rule)
    text = f"{proto} {'dport' if end == 'd' else 'sport'} {port} "
    if flags:
        text += "tcp flags & (syn | ack | fin | rst) == " + " | ".join(NFT_FLAGS[f] for f in flags)
        text = text.rstrip() + " "
    if action == "drop":
        return text + "drop"
    return text + "reject with " + ("tcp reset" if action == "rst" else
                                    f"icmpx type {CODES[action][0]}")


def nft(rules):
    """=> Chains, for inside of a table."""
    lines = []
    for hook, way in (("input", "in"), ("output", "out")):
        mine = [nft_rule(rule) for rule in rules if parts_of(rule)[0] == way]
        if mine:
            lines += [f"chain {hook} {{ type filter hook {hook} priority 0;", *mine, "}"]
    return lines


def ipf_rule(rule):
    way, action, proto, end, port, flags = parts_of(rule)
    answer = {"drop": "", "rst": "return-rst "}.get(action)
    if answer is None:
        answer = f"return-icmp({CODES[action][1]}) "
    ends = "from any to any port = " if end == "d" else "from any port = "
    text = f"block {answer}{way} quick on lo0 proto {proto} {ends}{port}"
    text += "" if end == "d" else " to any"
    return text + (f" flags {flags}/FSRA" if flags else "")


def ipf(rules):
    return "\n".join(ipf_rule(rule) for rule in rules)
