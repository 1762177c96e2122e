/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipftest: rules and packets in, verdicts out.
 */
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"
#include "sim/command.h"
#include "sim/ipftest_packet.h"
#include "sim/nearest.h"
#include "sim/packet_text.h"
#include "sim/rules_error.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: lo0sim ipftest [OPTION...] -r RULES -i PACKETS\n"
    "\n"
    "Judges packets one after the other and prints a verdict for each: pass, block,\n"
    "block return-rst, nomatch, bad-packet and so on. Either file can be - for\n"
    "standard input. Nothing is resolved, sent or logged.\n"
    "\n"
    "  -r FILE     the rules\n"
    "  -i FILE     the packets\n"
    "  -F FORMAT   how they are written: text (the default) or hex\n"
    "  -b          the verdicts alone\n"
    "  -6          rules are for IPv6 where they do not say\n"
    "  -R          names are not resolved; so it is anyhow\n"
    "  -M HOW, -T OPTION   taken for the sake of scripts, and ignored\n"
    "  -h          this text\n"
    "\n"
    "text: in|out [on IF] [tcp|udp|icmp|N] SRC[,PORT] DST[,PORT] [FLAGS] [seq=N] [ack=N],\n"
    "      or for icmp TYPE[,CODE]; opt NAME[=VALUE],...; in6 and out6 for IPv6\n"
    "hex:  [in,IF] or [out,IF], with +mcast or +bcast, then bytes up to an empty line\n"
    "\n"
    "exit: 0 each packet has its verdict, 2 a mistake in a file or on the command line\n";

typedef struct ipftest_options {
    const char *rules, *packets;
    int (*read)(ipftest_input_t *in, ipftest_packet_t *packet);
    bool brief;
    int family;
} ipftest_options_t;

static bool parse_format(ipftest_options_t *options, const char *name)
{
    static const char *const names[] = {"text", "hex"};
    if (strcmp(name, "text") == 0)
        options->read = ipftest_read_text;
    else if (strcmp(name, "hex") == 0)
        options->read = ipftest_read_hex;
    else {
        const char *near = nearest(name, names, 2);
        command_mistake("ipftest", "there is no packet format '%s'%s%s%s; there are: text, hex",
                        name, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                        near != NULL ? "'?)" : "");
        return false;
    }
    return true;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, ipftest_options_t *options)
{
    static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
                                                 {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "r:i:F:M:T:b6Rh", long_options, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) < 0;
        if (option == '?' || (option == 'F' && !parse_format(options, optarg)))
            return EXIT_MISTAKE;
        if (option == 'r')
            options->rules = optarg;
        if (option == 'i')
            options->packets = optarg;
        options->brief = options->brief || option == 'b';
        options->family = option == '6' ? 6 : options->family;
    }
    if (options->rules == NULL || options->packets == NULL || optind != argc)
        return command_mistake("ipftest", "rules and packets are needed: lo0sim ipftest -r RULES "
                                          "-i PACKETS");
    return -1;
}

/* => Returns 0 or the exit code. */
static int load_rules(ipf_stack_t *ifs, const ipftest_options_t *options)
{
    size_t length;
    ipf_error_t error;
    char *text = rules_read(options->rules, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int err = ipf_load_all(ifs, text, length, options->family, &error);
    int code = rules_report(options->rules, text, length, err, &error);
    free(text);
    return code;
}

static void judge(ipf_stack_t *ifs, const ipftest_packet_t *packet, bool brief)
{
    qpktinfo_t qpi = {.qpi_ifname = packet->ifname};
    struct packet_base base = {0};
    char text[500];
    if (packet->multicast)
        qpi.qpi_flags = FI_MULTICAST | FI_MBCAST;
    if (packet->broadcast)
        qpi.qpi_flags = FI_BROADCAST | FI_MBCAST;
    mblk_t *m = allocb(packet->length);
    if (m == NULL)
        abort();
    memcpy(m->b_wptr, packet->bytes, packet->length);
    m->b_wptr += packet->length;
    const char *verdict = fr_verdict(ifs, &qpi, packet->out, m);
    packet_text(m->b_rptr, msgdsize(m), &base, PACKET_NO_OPTIONS, text, sizeof(text));
    freemsg(m);
    if (brief)
        printf("%s\n", verdict);
    else
        printf("%-24s %s on %s  %s\n", verdict, packet->out ? "out" : "in", packet->ifname, text);
}

static int judge_all(ipf_stack_t *ifs, const ipftest_options_t *options)
{
    static ipftest_packet_t packet;
    size_t length;
    int result;
    char *text = rules_read(options->packets, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    ipftest_input_t in = {.next = text, .end = text + length};
    while ((result = options->read(&in, &packet)) > 0)
        judge(ifs, &packet, options->brief);
    fflush(stdout);
    if (result < 0)
        fprintf(stderr, "%s:%d: %s\n", options->packets, in.line, in.error);
    free(text);
    return result < 0 ? EXIT_MISTAKE : 0;
}

int command_ipftest(int argc, char **argv)
{
    static char name[] = "lo0sim ipftest";
    ipftest_options_t options = {.read = ipftest_read_text};
    argv[0] = name;
    int code = parse(argc, argv, &options);
    if (code >= 0)
        return code;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL)
        abort();
    code = load_rules(ifs, &options);
    if (code == 0)
        code = judge_all(ifs, &options);
    ipf_destroy(ifs);
    return code;
}
