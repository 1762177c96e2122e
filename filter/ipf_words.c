/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_words.h"

#include "filter/word_distance.h"

#include <string.h>

const char *const ipf_actions[] = {"block", "pass", "set", NULL};
const char *const ipf_later_actions[] = {"log",  "count",     "auth",   "preauth", "skip",
                                         "call", "nat",       "pool",   "hash",    "table",
                                         "role", "group-map", "ippool", NULL};
const char *const ipf_nat_words[] = {"map",     "map-block", "rdr",   "bimap",
                                     "rewrite", "divert",    "encap", NULL};
const char *const ipf_later_returns[] = {"return-icmp", "return-icmp-as-dest", NULL};
const char *const ipf_log_options[] = {"body", "first", "or-block", "level", NULL};
const char *const ipf_clauses[] = {"log",  "quick", "on",    "proto", "all",
                                   "from", "to",    "flags", NULL};
const char *const ipf_later_clauses[] = {
    "in-via",    "out-via", "dup-to",     "route-to",  "reply-to", "fastroute", "tos",
    "ttl",       "with",    "and",        "keep",      "head",     "group",     "set-tag",
    "match-tag", "pps",     "age",        "icmp-type", "code",     "inet",      "inet6",
    "family",    "bpf-v4",  "bpf-v6",     "body",      "first",    "or-block",  "level",
    "nat",       "state",   "return-ttl", "max-srcs",  "comment",  "rule-ttl",  NULL};
const char *const ipf_later_objects[] = {"pool", "hash", "dstlist", NULL};

typedef struct named {
    const char *name;
    uint16_t number;
} named_t;

/* The first name of a number is the one that is printed. */
static const named_t protocols[] = {
    {"ip", 0},    {"icmp", 1},  {"igmp", 2},   {"ipip", 4},       {"tcp", 6},
    {"egp", 8},   {"udp", 17},  {"ipv6", 41},  {"ipv6-frag", 44}, {"rsvp", 46},
    {"gre", 47},  {"esp", 50},  {"ah", 51},    {"ipv6-icmp", 58}, {"icmpv6", 58},
    {"ospf", 89}, {"pim", 103}, {"vrrp", 112}, {"l2tp", 115},     {"sctp", 132},
};

static const named_t services[] = {
    {"echo", 7},           {"discard", 9},  {"daytime", 13},      {"chargen", 19},
    {"ftp-data", 20},      {"ftp", 21},     {"ssh", 22},          {"telnet", 23},
    {"smtp", 25},          {"time", 37},    {"nameserver", 42},   {"domain", 53},
    {"bootps", 67},        {"bootpc", 68},  {"tftp", 69},         {"gopher", 70},
    {"finger", 79},        {"http", 80},    {"www", 80},          {"kerberos", 88},
    {"pop3", 110},         {"sunrpc", 111}, {"auth", 113},        {"ident", 113},
    {"nntp", 119},         {"ntp", 123},    {"netbios-ns", 137},  {"netbios-dgm", 138},
    {"netbios-ssn", 139},  {"imap", 143},   {"snmp", 161},        {"snmp-trap", 162},
    {"bgp", 179},          {"irc", 194},    {"ldap", 389},        {"https", 443},
    {"microsoft-ds", 445}, {"isakmp", 500}, {"biff", 512},        {"exec", 512},
    {"login", 513},        {"who", 513},    {"shell", 514},       {"syslog", 514},
    {"printer", 515},      {"route", 520},  {"uucp", 540},        {"submission", 587},
    {"ipp", 631},          {"ldaps", 636},  {"rsync", 873},       {"imaps", 993},
    {"pop3s", 995},        {"socks", 1080}, {"nfsd", 2049},       {"nfs", 2049},
    {"mysql", 3306},       {"lockd", 4045}, {"postgresql", 5432}, {"x11", 6000},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool same(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

const char *ipf_word_find(ipf_words_t words, const char *text, size_t length)
{
    for (; *words != NULL; words++) {
        if (same(*words, text, length))
            return *words;
    }
    return NULL;
}

static const named_t *find_named(const named_t *table, size_t count, const char *text,
                                 size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (same(table[i].name, text, length))
            return &table[i];
    }
    return NULL;
}

bool ipf_proto_number(const char *text, size_t length, uint8_t *number)
{
    const named_t *named = find_named(protocols, COUNT(protocols), text, length);
    if (named != NULL)
        *number = (uint8_t)named->number;
    return named != NULL;
}

const char *ipf_proto_name(uint8_t number)
{
    for (size_t i = 0; i < COUNT(protocols); i++) {
        if (protocols[i].number == number)
            return protocols[i].name;
    }
    return NULL;
}

bool ipf_service_port(const char *text, size_t length, uint16_t *port)
{
    const named_t *named = find_named(services, COUNT(services), text, length);
    if (named != NULL)
        *port = named->number;
    return named != NULL;
}

/* ---- misspelt words ---- */

/* Keeps in *best what is nearest so far. Of a word of three letters one may be wrong, of a longer
 * one two. */
static void consider(const char *name, const char *text, size_t length, const char **best,
                     size_t *best_distance)
{
    size_t name_length = strlen(name);
    size_t limit = name_length <= 2 ? 0 : (name_length <= 3 ? 1 : 2);
    size_t found = word_distance(text, length, name, name_length);
    if (found <= limit && found < *best_distance) {
        *best = name;
        *best_distance = found;
    }
}

const char *ipf_word_near(ipf_words_t words, const char *text, size_t length)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (; *words != NULL; words++)
        consider(*words, text, length, &best, &best_distance);
    return best;
}

static const char *named_near(const named_t *table, size_t count, const char *text, size_t length)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        consider(table[i].name, text, length, &best, &best_distance);
    return best;
}

const char *ipf_proto_near(const char *text, size_t length)
{
    return named_near(protocols, COUNT(protocols), text, length);
}

const char *ipf_service_near(const char *text, size_t length)
{
    return named_near(services, COUNT(services), text, length);
}
