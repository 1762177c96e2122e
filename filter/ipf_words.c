/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_words.h"

#include "filter/ipf_lex.h"
#include "filter/ipf_rule.h"
#include "filter/word_distance.h"

#include <string.h>

const char *const ipf_actions[] = {"block",   "pass", "nomatch", "log", "count", "auth",
                                   "preauth", "skip", "call",    "set", NULL};
const char *const ipf_nat_words[] = {"map",    "map-block", "rdr", "bimap", "rewrite",
                                     "divert", "encap",     "nat", NULL};
const char *const ipf_pool_words[] = {"pool", "hash", "table", "role", "group-map", "ippool", NULL};
const char *const ipf_returns[] = {"return-rst", "return-icmp", "return-icmp-as-dest", NULL};
const char *const ipf_clauses[] = {
    "log",      "quick",    "on",        "in-via",    "out-via",   "dup-to",   "to",
    "route-to", "reply-to", "inet",      "inet6",     "tos",       "ttl",      "proto",
    "all",      "from",     "family",    "fastroute", "flags",     "with",     "and",
    "keep",     "head",     "group",     "pps",       "icmp-type", "set-tag",  "age",
    "comment",  "code",     "match-tag", "port",      "mask",      "rule-ttl", NULL};
const char *const ipf_no_clauses[] = {"bpf-v4", "bpf-v6", "exp", "l5-as", "nat", "limit", NULL};
const char *const ipf_no_objects[] = {"dstlist", NULL};
const char *const ipf_reserved[] = {
    "age",        "ah",          "all",      "and",       "auth",        "bad",
    "bad-nat",    "bad-src",     "bcast",    "block",     "body",        "bpf-v4",
    "bpf-v6",     "call",        "code",     "comment",   "count",       "decapsulate",
    "dstlist",    "dup-to",      "eq",       "esp",       "exp",         "family",
    "fastroute",  "first",       "flags",    "frag",      "frag-body",   "frags",
    "from",       "ge",          "group",    "gt",        "head",        "icmp",
    "icmp-head",  "icmp-type",   "in",       "in-via",    "inet",        "inet6",
    "ipopt",      "ipopts",      "keep",     "l5-as",     "le",          "level",
    "limit",      "log",         "loose",    "lowttl",    "lt",          "mask",
    "match-tag",  "max-per-src", "max-srcs", "mbcast",    "mcast",       "multicast",
    "nat",        "ne",          "newisn",   "no",        "no-icmp-err", "nolog",
    "nomatch",    "not",         "now",      "on",        "oow",         "opt",
    "or-block",   "out",         "out-via",  "pass",      "port",        "pps",
    "preauth",    "proto",       "quick",    "reply-to",  "return-icmp", "return-icmp-as-dest",
    "return-rst", "route-to",    "rule-ttl", "sec-class", "set",         "set-tag",
    "short",      "state",       "strict",   "sync",      "tcp",         "tcp-udp",
    "to",         "tos",         "ttl",      "udp",       "v6hdr",       "v6hdrs",
    "with",       NULL};

/* Tables of names with a number each, or with a bit each. */
#define NUMBER(name, number)                                                                       \
    {                                                                                              \
        name, number, 0                                                                            \
    }
#define BIT(name, bit)                                                                             \
    {                                                                                              \
        name, 0, bit                                                                               \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* The names of /etc/protocols, first Solaris'. The second name of a number is only read, never
 * printed. */
const ipf_name_t ipf_protocols[] = {
    NUMBER("ip", 0),         NUMBER("hopopt", 0),       NUMBER("icmp", 1),
    NUMBER("igmp", 2),       NUMBER("ggp", 3),          NUMBER("ipip", 4),
    NUMBER("ipencap", 4),    NUMBER("ip-encap", 4),     NUMBER("st", 5),
    NUMBER("tcp", 6),        NUMBER("egp", 8),          NUMBER("igp", 9),
    NUMBER("pup", 12),       NUMBER("udp", 17),         NUMBER("hmp", 20),
    NUMBER("xns-idp", 22),   NUMBER("rdp", 27),         NUMBER("iso-tp4", 29),
    NUMBER("dccp", 33),      NUMBER("xtp", 36),         NUMBER("ddp", 37),
    NUMBER("idpr-cmtp", 38), NUMBER("ipv6", 41),        NUMBER("ipv6-route", 43),
    NUMBER("ipv6-frag", 44), NUMBER("idrp", 45),        NUMBER("rsvp", 46),
    NUMBER("gre", 47),       NUMBER("esp", 50),         NUMBER("ipsec-esp", 50),
    NUMBER("ah", 51),        NUMBER("ipsec-ah", 51),    NUMBER("skip", 57),
    NUMBER("ipv6-icmp", 58), NUMBER("icmpv6", 58),      NUMBER("ipv6-nonxt", 59),
    NUMBER("ipv6-opts", 60), NUMBER("rspf", 73),        NUMBER("cphb", 73),
    NUMBER("vmtp", 81),      NUMBER("eigrp", 88),       NUMBER("ospf", 89),
    NUMBER("ospfigp", 89),   NUMBER("ax.25", 93),       NUMBER("etherip", 97),
    NUMBER("encap", 98),     NUMBER("pim", 103),        NUMBER("ipcomp", 108),
    NUMBER("vrrp", 112),     NUMBER("l2tp", 115),       NUMBER("isis", 124),
    NUMBER("sctp", 132),     NUMBER("fc", 133),         NUMBER("mobility-header", 135),
    NUMBER("udplite", 136),  NUMBER("mpls-in-ip", 137), NUMBER("manet", 138),
    NUMBER("hip", 139),      NUMBER("shim6", 140),      NUMBER("wesp", 141),
    NUMBER("rohc", 142),     NUMBER("ethernet", 143),   END,
};

const ipf_name_t ipf_icmp_types[] = {
    NUMBER("echorep", 0),      NUMBER("unreach", 3),    NUMBER("squench", 4),
    NUMBER("redir", 5),        NUMBER("echo", 8),       NUMBER("routerad", 9),
    NUMBER("routeradvert", 9), NUMBER("routersol", 10), NUMBER("routersolcit", 10),
    NUMBER("timex", 11),       NUMBER("paramprob", 12), NUMBER("timest", 13),
    NUMBER("timestrep", 14),   NUMBER("inforeq", 15),   NUMBER("inforep", 16),
    NUMBER("maskreq", 17),     NUMBER("maskrep", 18),   END,
};

const ipf_name_t ipf_icmp6_types[] = {
    NUMBER("unreach", 1),        NUMBER("toobig", 2),         NUMBER("timex", 3),
    NUMBER("paramprob", 4),      NUMBER("echo", 128),         NUMBER("echorep", 129),
    NUMBER("listenqry", 130),    NUMBER("memberqry", 130),    NUMBER("listenrep", 131),
    NUMBER("memberreply", 131),  NUMBER("listendone", 132),   NUMBER("memberred", 132),
    NUMBER("routersol", 133),    NUMBER("routersolcit", 133), NUMBER("routerad", 134),
    NUMBER("routeradvert", 134), NUMBER("neighborsol", 135),  NUMBER("neighborsolicit", 135),
    NUMBER("neighadvert", 136),  NUMBER("neighborad", 136),   NUMBER("redir", 137),
    NUMBER("renumber", 138),     NUMBER("fqdnquery", 139),    NUMBER("infoqry", 139),
    NUMBER("inforeq", 139),      NUMBER("whoreq", 139),       NUMBER("fqdnreply", 140),
    NUMBER("inforep", 140),      NUMBER("whorep", 140),       END,
};

const ipf_name_t ipf_icmp_codes[] = {
    NUMBER("net-unr", 0),        NUMBER("host-unr", 1),       NUMBER("proto-unr", 2),
    NUMBER("port-unr", 3),       NUMBER("needfrag", 4),       NUMBER("srcfail", 5),
    NUMBER("net-unk", 6),        NUMBER("host-unk", 7),       NUMBER("isolate", 8),
    NUMBER("net-prohib", 9),     NUMBER("host-prohib", 10),   NUMBER("net-tos", 11),
    NUMBER("host-tos", 12),      NUMBER("filter-prohib", 13), NUMBER("host-preced", 14),
    NUMBER("cutoff-preced", 15), NUMBER("preced-cutoff", 15), END,
};

/* An option or a header that no packet is ever noted to have. */
#define NEVER 256

const ipf_name_t ipf_options[] = {
    {"nop", NEVER, 0x000001},
    {"rr", 7, 0x000002},
    {"zsu", 10, 0x000004},
    {"mtup", 11, 0x000008},
    {"mtur", 12, 0x000010},
    {"encode", 15, 0x000020},
    {"ts", 68, 0x000040},
    {"tr", 82, 0x000080},
    {"sec", 130, 0x000100},
    {"lsrr", 131, 0x000200},
    {"e-sec", 133, 0x000400},
    {"cipso", 134, 0x000800},
    {"satid", 136, 0x001000},
    {"ssrr", 137, 0x002000},
    {"addext", NEVER, 0x004000},
    {"visa", NEVER, 0x008000},
    {"imitd", NEVER, 0x010000},
    {"eip", NEVER, 0x020000},
    {"finn", NEVER, 0x040000},
    {"dps", NEVER, 0x080000},
    {"sdb", NEVER, 0x100000},
    {"nsapa", NEVER, 0x200000},
    {"rtralrt", NEVER, 0x400000},
    {"ump", NEVER, 0x800000},
    END,
};

const ipf_name_t ipf_v6hdrs[] = {
    {"hopopts", 0, 0x01},     {"ipv6", NEVER, 0x02},
    {"routing", 43, 0x04},    {"frag", 44, 0x08},
    {"esp", NEVER, 0x10},     {"ah", NEVER, 0x20},
    {"none", NEVER, 0x40},    {"dstopts", 60, 0x80},
    {"mobility", 135, 0x100}, END,
};

const ipf_name_t ipf_secclasses[] = {
    {"reserv-4", 0x01, 0x01}, {"topsecret", 0x3d, 0x02}, {"secret", 0x5a, 0x04},
    {"reserv-3", 0x66, 0x08}, {"confid", 0x96, 0x10},    {"unclass", 0xab, 0x20},
    {"reserv-2", 0xcc, 0x40}, {"reserv-1", 0xf1, 0x80},  END,
};

const ipf_name_t ipf_facilities[] = {
    NUMBER("kern", 0),     NUMBER("user", 8),       NUMBER("mail", 16),      NUMBER("daemon", 24),
    NUMBER("auth", 32),    NUMBER("syslog", 40),    NUMBER("lpr", 48),       NUMBER("news", 56),
    NUMBER("uucp", 64),    NUMBER("cron", 72),      NUMBER("authpriv", 80),  NUMBER("ftp", 88),
    NUMBER("audit", 104),  NUMBER("security", 104), NUMBER("logalert", 112), NUMBER("local0", 128),
    NUMBER("local1", 136), NUMBER("local2", 144),   NUMBER("local3", 152),   NUMBER("local4", 160),
    NUMBER("local5", 168), NUMBER("local6", 176),   NUMBER("local7", 184),   END,
};

const ipf_name_t ipf_priorities[] = {
    NUMBER("emerg", 0),
    NUMBER("alert", 1),
    NUMBER("crit", 2),
    NUMBER("err", 3),
    NUMBER("error", 3),
    NUMBER("warn", 4),
    NUMBER("warning", 4),
    NUMBER("notice", 5),
    NUMBER("info", 6),
    NUMBER("debug", 7),
    END,
};

/* In the order in which they are printed. The second name of a bit is only read, never printed. */
const ipf_name_t ipf_withs[] = {
    BIT("ipopts", FI_OPTIONS),
    BIT("ipopt", FI_OPTIONS),
    BIT("short", FI_SHORT),
    BIT("frag", FI_FRAG),
    BIT("frags", FI_FRAG),
    BIT("frag-body", FI_FRAGBODY),
    BIT("nat", FI_NATED),
    BIT("lowttl", FI_LOWTTL),
    BIT("bad", FI_BAD),
    BIT("bad-src", FI_BADSRC),
    BIT("bad-nat", FI_BADNAT),
    BIT("oow", FI_OOW),
    BIT("mbcast", FI_MBCAST),
    BIT("bcast", FI_BROADCAST),
    BIT("broadcast", FI_BROADCAST),
    BIT("mcast", FI_MULTICAST),
    BIT("multicast", FI_MULTICAST),
    BIT("state", FI_STATE),
    BIT("v6hdrs", FI_V6EXTHDR),
    BIT("ah", FI_AH),
    END,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Compares as strncmp does. */
static int order_of(const char *word, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int order = word[i] - ipf_small(text[i]);
        if (order != 0 || word[i] == '\0')
            return order;
    }
    return 0;
}

bool ipf_is_reserved(const char *text, size_t length)
{
    size_t low = 0, high = sizeof(ipf_reserved) / sizeof(ipf_reserved[0]) - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *word = ipf_reserved[middle];
        int order = order_of(word, text, length);
        if (order == 0 && word[length] == '\0')
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

const char *ipf_word_find(ipf_words_t words, const char *text, size_t length)
{
    for (; *words != NULL; words++) {
        if (ipf_same_word(*words, text, length))
            return *words;
    }
    return NULL;
}

const ipf_name_t *ipf_name_find(const ipf_name_t *table, const char *text, size_t length)
{
    for (; table->name != NULL; table++) {
        if (ipf_same_word(table->name, text, length))
            return table;
    }
    return NULL;
}

const ipf_name_t *ipf_name_of(const ipf_name_t *table, uint32_t number)
{
    for (; table->name != NULL; table++) {
        if (table->number == number)
            return table;
    }
    return NULL;
}

/* ---- misspelt words ---- */

/* In a word of three letters one letter may be wrong, in a longer word two. */
void ipf_near_consider(ipf_near_t *near, const char *name)
{
    size_t name_length = strlen(name);
    size_t limit = name_length <= 2 ? 0 : (name_length <= 3 ? 1 : 2);
    size_t distance = word_distance(near->text, near->length, name, name_length);
    if (distance <= limit && (near->best == NULL || distance < near->distance)) {
        near->best = name;
        near->distance = distance;
    }
}

const char *ipf_word_near(ipf_words_t words, const char *text, size_t length)
{
    ipf_near_t near = {.text = text, .length = length};
    for (; *words != NULL; words++)
        ipf_near_consider(&near, *words);
    return near.best;
}

const char *ipf_name_near(const ipf_name_t *table, const char *text, size_t length)
{
    ipf_near_t near = {.text = text, .length = length};
    for (; table->name != NULL; table++)
        ipf_near_consider(&near, table->name);
    return near.best;
}
