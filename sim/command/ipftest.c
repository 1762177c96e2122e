/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipftest: rules and packets in, verdicts out.
 */
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"
#include "filter/ipfstat.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/core/rules_error.h"
#include "sim/ipftest/ipftest_packet.h"
#include "sim/ipftest/ipftest_pcap.h"
#include "sim/packet/packet_text.h"
#include "stack/wire.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

typedef struct ipftest_options {
    const char *rules, *packets, *pools;
    int (*read)(ipftest_input_t *in, ipftest_packet_t *packet);
    bool pcap;
    bool brief, dump, numbers;
    const char *ifname; /* NULL: anon0 */
    uint32_t inbound;   /* -S, host order; 0: not given */
    const char *tunables[16];
    size_t tunable_count;
    int family;
} ipftest_options_t;

static bool set_format(void *where, const option_given_t *given)
{
    static const char *const names[] = {"text", "hex", "pcap", NULL};
    ipftest_options_t *options = where;
    options->pcap = strcmp(given->text, "pcap") == 0;
    if (strcmp(given->text, "text") == 0)
        options->read = ipftest_read_text;
    else if (strcmp(given->text, "hex") == 0)
        options->read = ipftest_read_hex;
    return options->pcap || strcmp(given->text, "text") == 0 || strcmp(given->text, "hex") == 0 ||
           option_unknown(given->command, "packet format", given->text, names);
}

static bool set_interface(void *where, const option_given_t *given)
{
    const char **name = where;
    *name = given->text;
    if (**name != '\0' && strlen(*name) < IPFTEST_IFNAME_MAX)
        return true;
    command_mistake("ipftest", "-I takes the name of an interface, not '%s'", *name);
    return false;
}

static bool set_inbound(void *where, const option_given_t *given)
{
    uint32_t *inbound = where;
    struct in_addr address;
    if (inet_pton(AF_INET, given->text, &address) != 1) {
        command_mistake("ipftest", "-S takes an IPv4 address, not '%s'", given->text);
        return false;
    }
    *inbound = ntohl(address.s_addr);
    return true;
}

static bool add_tunables(void *where, const option_given_t *given)
{
    ipftest_options_t *options = where;
    if (options->tunable_count == sizeof(options->tunables) / sizeof(options->tunables[0])) {
        command_mistake("ipftest", "-T can be said %zu times", options->tunable_count);
        return false;
    }
    options->tunables[options->tunable_count++] = given->text;
    return true;
}

/* The last one counts. */
static bool set_file(void *where, const option_given_t *given)
{
    const char **file = where;
    *file = given->text;
    return true;
}

static bool ignore(void *where, const option_given_t *given)
{
    (void)where;
    (void)given;
    return true;
}

#define AT(field) .offset = offsetof(ipftest_options_t, field)
static const option_row_t rows[] = {
    {.letter = 'r', .argument = "FILE", .help = "the rules", .set = set_file, AT(rules)},
    {.letter = 'P',
     .argument = "FILE",
     .help = "address pools and group maps, as in ippool.conf",
     .set = set_file,
     AT(pools)},
    {.letter = 'i', .argument = "FILE", .help = "the packets", .set = set_file, AT(packets)},
    {.letter = 'F',
     .argument = "FORMAT",
     .help = "how they are written: text (the default), hex or pcap (pcapng, too)",
     .set = set_format},
    {.letter = 'I',
     .argument = "IF",
     .help = "the interface of packets that do not name one (anon0)",
     .set = set_interface,
     AT(ifname)},
    {.letter = 'S',
     .argument = "IP",
     .help = "of a capture, packets from this address come in and all others go out; without it "
             "all come in, unless the capture says it",
     .set = set_inbound,
     AT(inbound)},
    {.letter = 'b', .help = "the verdicts alone", .set = option_flag, AT(brief)},
    {.letter = 'D',
     .help = "after the packets: the rules with their hits, and the states",
     .set = option_flag,
     AT(dump)},
    {.letter = 'T',
     .argument = "LIST",
     .help = "tunables, NAME=VALUE{,NAME=VALUE}: fr_pass (or ipf_pass) is pass or block, the "
             "verdict where no rule matches; fr_minttl is 0 to 255 (4)",
     .set = add_tunables},
    OPTION_FAMILY6(offsetof(ipftest_options_t, family)),
    OPTION_HOSTS,
    {.letter = 'R',
     .help = "names are not resolved; so it is anyhow",
     .set = option_flag,
     AT(numbers)},
    {.letter = 'M',
     .argument = "HOW",
     .help = "taken for the sake of scripts, and ignored",
     .set = ignore},
    OPTION_HELP,
    {0}};

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, ipftest_options_t *options)
{
    option_words_t words;
    int code = options_take(&command_ipftest, argc, argv, options, &words);
    if (code >= 0)
        return code;
    if (options->rules == NULL || options->packets == NULL || words.count > 0)
        return command_mistake("ipftest", "rules and packets are needed: lo0sim ipftest -r RULES "
                                          "-i PACKETS");
    if (options->inbound != 0 && !options->pcap)
        return command_mistake("ipftest",
                               "-S goes with -F pcap: %s packets say themselves "
                               "whether they come in",
                               options->read == ipftest_read_hex ? "hex" : "text");
    return -1;
}

/* => Returns 0 or the exit code. */
static int load_pools(ipf_stack_t *ifs, const char *file)
{
    size_t length;
    ipf_error_t error;
    if (file == NULL)
        return 0;
    char *text = rules_read(file, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int err = ipf_load_pools(ifs, text, length, &error);
    int code = rules_report(file, text, length, err, &error);
    free(text);
    return code;
}

static void note(void *arg, int line, int column, const char *message)
{
    const ipftest_options_t *options = arg;
    fprintf(stderr, "%s:%d:%d: %s\n", options->rules, line, column, message);
}

/* => Returns 0 or the exit code. */
static int load_rules(ipf_stack_t *ifs, ipftest_options_t *options)
{
    size_t length;
    ipf_error_t error;
    char *text = rules_read(options->rules, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    ipf_set_note(ifs, note, options);
    int err = ipf_load_all(ifs, text, length, options->family, &error);
    int code = rules_report(options->rules, text, length, err, &error);
    free(text);
    return code;
}

/* Whether IPFilter's ipftest uses a packet's buffer again: it does so after a packet that passes.
 */
static bool is_let_through(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 || strcmp(verdict, "nomatch") == 0;
}

/* The buffer is not cleared between packets, since old bytes in it can change the verdict: see
 * qpi_left. */
static const char *verdict_of(ipf_stack_t *ifs, const ipftest_packet_t *packet, mblk_t *m)
{
    qpktinfo_t qpi = {.qpi_ifname = packet->ifname, .qpi_left = IPFTEST_PACKET_MAX};
    if (packet->multicast)
        qpi.qpi_flags |= FI_MULTICAST | FI_MBCAST;
    if (packet->broadcast)
        qpi.qpi_flags |= FI_BROADCAST | FI_MBCAST;
    memcpy(m->b_rptr, packet->bytes, packet->length);
    m->b_wptr = m->b_rptr + packet->length;
    return fr_verdict(ifs, &qpi, packet->out, m);
}

static void judge(ipf_stack_t *ifs, const ipftest_packet_t *packet, mblk_t **m, bool brief)
{
    struct packet_base base = {0};
    char text[500];
    if (*m == NULL)
        *m = allocb(IPFTEST_PACKET_MAX);
    if (*m == NULL)
        must_end();
    const char *verdict = verdict_of(ifs, packet, *m);
    packet_text((*m)->b_rptr, msgdsize(*m), &base, PACKET_NO_OPTIONS, text, sizeof(text));
    if (brief)
        printf("%s\n", verdict);
    else
        printf("%-24s %s on %s  %s\n", verdict, packet->out ? "out" : "in", packet->ifname, text);
    if (!is_let_through(verdict)) {
        freemsg(*m);
        *m = NULL;
    }
}

static void judge_packet(ipf_stack_t *ifs, const ipftest_options_t *options,
                         ipftest_packet_t *packet, mblk_t **m)
{
    if (options->ifname != NULL && strcmp(packet->ifname, "anon0") == 0)
        strcpy(packet->ifname, options->ifname);
    judge(ifs, packet, m, options->brief);
    ipf_log_clear(ifs); /* the log is not read */
}

static int judge_text(ipf_stack_t *ifs, const ipftest_options_t *options, const char *text,
                      size_t length)
{
    static ipftest_packet_t packet;
    ipftest_input_t in = {.next = text, .end = text + length};
    int result;
    mblk_t *m = NULL;
    while ((result = options->read(&in, &packet)) > 0)
        judge_packet(ifs, options, &packet, &m);
    freemsg(m);
    fflush(stdout);
    if (result < 0)
        visible_printf(stderr, "%s:%d: %s\n", options->packets, in.line, in.error);
    return result < 0 ? EXIT_MISTAKE : 0;
}

/* Captures do not record the direction. IPFilter's rule: a packet from the address comes in. */
static void choose_direction(const ipftest_options_t *options, ipftest_packet_t *packet)
{
    if (options->inbound != 0 && packet->length >= 20 && packet->bytes[0] >> 4 == 4)
        packet->out = get32(packet->bytes + 12) != options->inbound;
}

static int judge_capture(ipf_stack_t *ifs, const ipftest_options_t *options, const char *bytes,
                         size_t length)
{
    static ipftest_packet_t packet;
    mblk_t *m = NULL;
    char error[200];
    int result = -1;
    ipftest_capture_t *capture = ipftest_pcap_open(bytes, length, error, sizeof(error));
    if (capture != NULL) {
        while ((result = ipftest_pcap_read(capture, &packet, error, sizeof(error))) > 0) {
            choose_direction(options, &packet);
            judge_packet(ifs, options, &packet, &m);
        }
        freemsg(m);
        fflush(stdout);
        if (result == 0 && ipftest_pcap_others(capture) > 0)
            visible_printf(stderr, "%s: %u of %u frames are not IP packets: they were skipped\n",
                           options->packets, ipftest_pcap_others(capture),
                           ipftest_pcap_frames(capture));
        ipftest_pcap_close(capture);
    }
    if (result < 0)
        visible_printf(stderr, "%s: %s\n", options->packets, error);
    return result < 0 ? EXIT_MISTAKE : 0;
}

static int judge_all(ipf_stack_t *ifs, const ipftest_options_t *options)
{
    size_t length;
    char *text = rules_read(options->packets, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int code = options->pcap ? judge_capture(ifs, options, text, length)
                             : judge_text(ifs, options, text, length);
    free(text);
    return code;
}

/* ---- before and after ---- */

static int set_tunables(ipf_stack_t *ifs, const ipftest_options_t *options)
{
    char message[200];
    for (size_t i = 0; i < options->tunable_count; i++) {
        if (ipf_set_tunables(ifs, options->tunables[i], message, sizeof(message)) != 0)
            return command_mistake("ipftest", "-T: %s", message);
    }
    return 0;
}

static void print_line(void *arg, const char *line)
{
    fprintf(arg, "%s\n", line);
}

static int run_command(int argc, char **argv)
{
    ipftest_options_t options = {.read = ipftest_read_text};
    int code = parse(argc, argv, &options);
    if (code >= 0)
        return code;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL)
        must_end();
    code = set_tunables(ifs, &options);
    if (code == 0)
        code = load_pools(ifs, options.pools);
    if (code == 0)
        code = load_rules(ifs, &options);
    if (code == 0)
        code = judge_all(ifs, &options);
    if (code == 0 && options.dump &&
        ipfstat_dump(ifs, options.numbers ? IPFSTAT_PORTS : 0, print_line, stdout) != 0)
        must_end();
    ipf_destroy(ifs);
    return code;
}

/* An option letter of IPFilter's ipftest that is refused, with the reason. */
static bool refuse(void *where, const option_given_t *given)
{
    (void)where;
    if (strcmp(given->name, "-N") != 0)
        return true;
    command_mistake("ipftest", "NAT is not modelled: there is no -N");
    return false;
}

const command_t command_ipftest = {
    .name = "ipftest",
    .what = "judge packets by rules",
    .run = run_command,
    .knows_machine = true,
    .synopsis = "[OPTION...] -r RULES -i PACKETS",
    .text = "Judges packets one after the other and prints a verdict for each: pass, block, block "
            "return-rst, nomatch, bad-packet and so on. Either file can be - for standard input. "
            "Nothing is resolved, sent or logged.",
    .rows = rows,
    .other = refuse,
    .tail = "text: in|out [on IF] [tcp|udp|icmp|N] SRC[,PORT] DST[,PORT] [FLAGS] [seq=N]\n"
            "      [ack=N], or for icmp TYPE[,CODE]; opt NAME[=VALUE],...; in6 and out6 for\n"
            "      IPv6\n"
            "hex:  [in,IF] or [out,IF], perhaps +mcast, +bcast, then bytes up to an empty\n"
            "      line\n\n"
            "exit: 0 each packet has its verdict, 2 a mistake in a file or on the command line",
};
