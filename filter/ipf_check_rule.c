/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Findings about one rule alone, when it is read. */
#include "filter/fr_covers.h"
#include "filter/fr_state_impl.h"
#include "filter/ipf_check_impl.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* ---- one rule: what becomes of `return-...` ---- */

/* The protocol that all packets of a rule have, or that of the rule that heads its group; -1 if
 * none is named, -2 for tcp/udp, -3 if the head is a rule that was refused. */
static int proto_of(const check_t *check, const frentry_t *fr)
{
    const head_t *head = check->heads;
    if (fr->fr_hasproto)
        return fr->fr_proto;
    if ((fr->fr_flx & FI_TCPUDP) != 0)
        return -2;
    if (fr->fr_group[0] == '\0')
        return -1;
    while (head != NULL && (strcmp(head->fr.fr_grhead, fr->fr_group) != 0 ||
                            ((head->fr.fr_flags ^ fr->fr_flags) & FR_OUTQUE) != 0))
        head = head->next;
    if (head == NULL)
        return -3;
    return head->fr.fr_hasproto ? head->fr.fr_proto : -1;
}

bool ipf_check_on_lo0(const frentry_t *fr)
{
    return strcmp(fr->fr_ifnames[0], "lo0") == 0 || strcmp(fr->fr_ifnames[1], "lo0") == 0;
}

/* fr_make_rst() makes a RST only of segments with SYN or FIN. */
static void check_rst_flags(check_t *check, const frentry_t *fr)
{
    uint8_t begin_or_end = TH_SYN | TH_FIN;
    if (ipf_check_on_lo0(fr) && (fr->fr_tcpfm & begin_or_end) == begin_or_end &&
        (fr->fr_tcpf & begin_or_end) == 0)
        WARN(check, IPF_WARN_RETURN, IPF_PLACE_RETURN,
             "on lo0 'return-rst' answers segments with SYN or FIN: those of this rule have "
             "neither, and are dropped without an answer");
}

static void check_return_rst(check_t *check, const frentry_t *fr)
{
    int proto = proto_of(check, fr);
    if (proto == IPPROTO_TCP || proto == -3) {
        check_rst_flags(check, fr);
        return;
    }
    if (proto == -1)
        WARN(check, IPF_WARN_RETURN, IPF_PLACE_RETURN,
             "'return-rst' answers TCP only: without 'proto tcp', all other packets are dropped "
             "without an answer");
    else if (proto == -2)
        WARN(check, IPF_WARN_RETURN, IPF_PLACE_RETURN,
             "'return-rst' answers TCP only: the UDP packets of 'tcp/udp' are dropped without an "
             "answer");
    else
        WARN(check, IPF_WARN_RETURN, IPF_PLACE_RETURN,
             "there is no RST for this protocol: its packets are dropped without an answer%s",
             proto == IPPROTO_UDP ? "; 'return-icmp(port-unr)' refuses UDP" : "");
}

/* How a client understands the code. Solaris: tcp_icmp_error(), udp_icmp_error() and their kin for
 * IPv6. On loopback the code is put into an ICMPv6 message unchanged (fr_make_icmp_v6). */
static void check_return_icmp(check_t *check, const frentry_t *fr, bool has_code)
{
    int proto = proto_of(check, fr);
    if (proto >= 0 && proto != IPPROTO_TCP && proto != IPPROTO_UDP)
        return; /* no connection that could be refused */
    ipf_place_t place = has_code ? IPF_PLACE_CODE : IPF_PLACE_RETURN;
    if (fr->fr_family == 6) {
        if (fr->fr_icode != ICMP6_DST_UNREACH_NOPORT)
            WARN(check, IPF_WARN_RETURN, place,
                 "no client of IPv6 takes code %u for a refusal%s; write 'return-icmp(4)'",
                 fr->fr_icode, fr->fr_icode == 3 ? ": 3 is address unreachable there" : "");
        return;
    }
    if (fr->fr_icode == ICMP_PORT_UNREACH || fr->fr_icode == ICMP_PROT_UNREACH)
        return;
    if (!has_code)
        WARN(check, IPF_WARN_RETURN, place,
             "'return-icmp' without a code is net-unr, which no client takes for a refusal: TCP "
             "goes on trying, UDP does not hear of it; write 'return-icmp(port-unr)'");
    else
        WARN(check, IPF_WARN_RETURN, place,
             "no client takes this code for a refusal: TCP goes on trying, UDP does not hear of "
             "it; write 'port-unr'");
}

static void check_return(check_t *check, const frentry_t *fr)
{
    if ((fr->fr_flags & FR_RETMASK) == 0)
        return;
    bool has_code = check->places.at[IPF_PLACE_CODE].line != check->places.at[0].line ||
                    check->places.at[IPF_PLACE_CODE].column != check->places.at[0].column;
    if ((fr->fr_flags & FR_OUTQUE) != 0)
        WARN(check, IPF_WARN_RETURN, IPF_PLACE_RETURN,
             "outbound packets are dropped, not answered: this belongs to an 'in' rule");
    else if ((fr->fr_flags & FR_RETMASK) == FR_RETRST)
        check_return_rst(check, fr);
    else
        check_return_icmp(check, fr, has_code);
}

/* ---- one rule: lo0 ---- */

static bool is_elsewhere(const fraddr_t *fra, int family)
{
    static const fraddr_t loopback4 = {.fra_addr = {{0x7f000000}}, .fra_mask = {{0xff000000}}};
    static const fraddr_t loopback6 = {
        .fra_addr = {{0, 0, 0, 1}}, .fra_mask = {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}};
    return fr_addresses_apart(fra, family == 6 ? &loopback6 : &loopback4);
}

/* The customary `pass ... on lo0` says what also happens without any hook. */
static bool passes_only(const frentry_t *fr)
{
    return FR_ISPASS(fr->fr_flags) && (fr->fr_flags & FR_LOG) == 0;
}

/* Traffic to the host's own address shows the interface that has this address, although it takes
 * the loopback path. */
static void check_lo0(check_t *check, const frentry_t *fr)
{
    static const ipf_place_t places[] = {IPF_PLACE_SRC, IPF_PLACE_DST};
    const fraddr_t *const addresses[] = {&fr->fr_src, &fr->fr_dst};
    if (!ipf_check_on_lo0(fr))
        return;
    if (!check->needs_lo0 && !passes_only(fr)) {
        check->needs_lo0 = true;
        check->lo0_line = check->places.at[IPF_PLACE_ON].line;
        check->lo0_column = check->places.at[IPF_PLACE_ON].column;
    }
    if (fr->fr_ifnames[1][0] != '\0' && strcmp(fr->fr_ifnames[0], fr->fr_ifnames[1]) != 0)
        return; /* it names the other one, too */
    for (size_t i = 0; i < 2; i++) {
        if (is_elsewhere(addresses[i], fr->fr_family))
            WARN(check, IPF_WARN_LO0, places[i],
                 "on lo0 this is never seen: traffic to and from an address of one's own shows the "
                 "interface that has it, not lo0");
    }
}

/* ---- one rule: what matches nothing ---- */

/* `flags SA/S` asks for a bit that its mask leaves out. */
static void check_flags(check_t *check, const frentry_t *fr)
{
    static const char letters[] = "FSRPAUEC";
    char outside[9] = "";
    size_t count = 0;
    for (size_t i = 0; i < 8; i++) {
        if ((fr->fr_tcpf & ~fr->fr_tcpfm & (1u << i)) != 0)
            outside[count++] = letters[i];
    }
    if (count > 0)
        WARN(check, IPF_WARN_FLAGS, IPF_PLACE_FLAGS,
             "no segment matches: '%s' must be set, but the mask leaves it out; what follows "
             "'/' names all flags that are looked at",
             outside);
}

static void say_range(const frpcmp_t *port, char *text, size_t size)
{
    unsigned p = port->frp_port, top = port->frp_top;
    if (port->frp_cmp == FR_INRANGE && p == top)
        snprintf(text, size, "no port is above %u and below it; write 'port = %u'", p, p);
    else if (port->frp_cmp == FR_INRANGE && p < top)
        snprintf(text, size,
                 "no port is between %u and %u, which '><' leaves out; 'port %u:%u' has both", p,
                 top, p, top);
    else if (port->frp_cmp == FR_INRANGE || port->frp_cmp == FR_INCRANGE)
        snprintf(text, size, "no port is in this range: write the lower end first, %u %s %u", top,
                 port->frp_cmp == FR_INRANGE ? "><" : ":", p);
    else if (port->frp_cmp == FR_OUTRANGE)
        snprintf(text, size, "every port is outside of this range: write the lower end first");
    else
        snprintf(text, size, "%s port is so", fr_ports_none(port) ? "no" : "every");
}

static void check_ports(check_t *check, const frentry_t *fr)
{
    const frpcmp_t *const ports[] = {&fr->fr_sport, &fr->fr_dport};
    static const ipf_place_t places[] = {IPF_PLACE_SPORT, IPF_PLACE_DPORT};
    char text[120];
    for (size_t i = 0; i < 2; i++) {
        if (!fr_ports_none(ports[i]) &&
            (ports[i]->frp_cmp != FR_OUTRANGE || !fr_ports_all(ports[i])))
            continue;
        say_range(ports[i], text, sizeof(text));
        WARN(check, IPF_WARN_PORTS, places[i], "%s", text);
    }
}

/* ICMP errors and answers make no state (fr_addstate). */
static void check_state(check_t *check, const frentry_t *fr)
{
    uint8_t version = fr->fr_proto == IPPROTO_ICMPV6 ? 6 : 4;
    bool quick = (fr->fr_flags & FR_QUICK) != 0;
    if ((fr->fr_flags & FR_KEEPSTATE) == 0 || !fr->fr_hasproto ||
        !fr_is_icmp(version, fr->fr_proto) || (fr->fr_icmpm & 0xff00) != 0xff00 ||
        fr_icmp_answer(version, (uint8_t)(fr->fr_icmp >> 8)) >= 0)
        return;
    if (quick)
        WARN(check, IPF_WARN_NO_STATE, IPF_PLACE_STATE,
             "this rule never matches: no state is made of this ICMP type, and a 'quick' rule that "
             "cannot keep state is passed over; leave out 'keep state'");
    else if (FR_ISPASS(fr->fr_flags))
        WARN(check, IPF_WARN_NO_STATE, IPF_PLACE_STATE,
             "this rule blocks: no state is made of this ICMP type, and what cannot be kept is not "
             "let through; leave out 'keep state'");
}

void ipf_check_rule(check_t *check, const frentry_t *fr)
{
    ipf_place_t place;
    check_return(check, fr);
    check_lo0(check, fr);
    check_flags(check, fr);
    check_ports(check, fr);
    check_state(check, fr);
    const char *why = ipf_not_modelled(fr, &place);
    if (why != NULL)
        WARN(check, IPF_WARN_REFUSED, place, "a host refuses this rule here: %s", why);
}
