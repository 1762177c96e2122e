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

/* The names of /etc/protocols, first Solaris'. The second name of a number is only read, never
 * printed. */
const ipf_name_t ipf_protocols[] = {
    {"ip", 0, 0},         {"hopopt", 0, 0},       {"icmp", 1, 0},
    {"igmp", 2, 0},       {"ggp", 3, 0},          {"ipip", 4, 0},
    {"ipencap", 4, 0},    {"ip-encap", 4, 0},     {"st", 5, 0},
    {"tcp", 6, 0},        {"egp", 8, 0},          {"igp", 9, 0},
    {"pup", 12, 0},       {"udp", 17, 0},         {"hmp", 20, 0},
    {"xns-idp", 22, 0},   {"rdp", 27, 0},         {"iso-tp4", 29, 0},
    {"dccp", 33, 0},      {"xtp", 36, 0},         {"ddp", 37, 0},
    {"idpr-cmtp", 38, 0}, {"ipv6", 41, 0},        {"ipv6-route", 43, 0},
    {"ipv6-frag", 44, 0}, {"idrp", 45, 0},        {"rsvp", 46, 0},
    {"gre", 47, 0},       {"esp", 50, 0},         {"ipsec-esp", 50, 0},
    {"ah", 51, 0},        {"ipsec-ah", 51, 0},    {"skip", 57, 0},
    {"ipv6-icmp", 58, 0}, {"icmpv6", 58, 0},      {"ipv6-nonxt", 59, 0},
    {"ipv6-opts", 60, 0}, {"rspf", 73, 0},        {"cphb", 73, 0},
    {"vmtp", 81, 0},      {"eigrp", 88, 0},       {"ospf", 89, 0},
    {"ospfigp", 89, 0},   {"ax.25", 93, 0},       {"etherip", 97, 0},
    {"encap", 98, 0},     {"pim", 103, 0},        {"ipcomp", 108, 0},
    {"vrrp", 112, 0},     {"l2tp", 115, 0},       {"isis", 124, 0},
    {"sctp", 132, 0},     {"fc", 133, 0},         {"mobility-header", 135, 0},
    {"udplite", 136, 0},  {"mpls-in-ip", 137, 0}, {"manet", 138, 0},
    {"hip", 139, 0},      {"shim6", 140, 0},      {"wesp", 141, 0},
    {"rohc", 142, 0},     {"ethernet", 143, 0},   {NULL, 0, 0},
};

const ipf_name_t ipf_icmp_types[] = {
    {"echorep", 0, 0},       {"unreach", 3, 0},  {"squench", 4, 0},      {"redir", 5, 0},
    {"echo", 8, 0},          {"routerad", 9, 0}, {"routeradvert", 9, 0}, {"routersol", 10, 0},
    {"routersolcit", 10, 0}, {"timex", 11, 0},   {"paramprob", 12, 0},   {"timest", 13, 0},
    {"timestrep", 14, 0},    {"inforeq", 15, 0}, {"inforep", 16, 0},     {"maskreq", 17, 0},
    {"maskrep", 18, 0},      {NULL, 0, 0},
};

const ipf_name_t ipf_icmp6_types[] = {
    {"unreach", 1, 0},        {"toobig", 2, 0},         {"timex", 3, 0},
    {"paramprob", 4, 0},      {"echo", 128, 0},         {"echorep", 129, 0},
    {"listenqry", 130, 0},    {"memberqry", 130, 0},    {"listenrep", 131, 0},
    {"memberreply", 131, 0},  {"listendone", 132, 0},   {"memberred", 132, 0},
    {"routersol", 133, 0},    {"routersolcit", 133, 0}, {"routerad", 134, 0},
    {"routeradvert", 134, 0}, {"neighborsol", 135, 0},  {"neighborsolicit", 135, 0},
    {"neighadvert", 136, 0},  {"neighborad", 136, 0},   {"redir", 137, 0},
    {"renumber", 138, 0},     {"fqdnquery", 139, 0},    {"infoqry", 139, 0},
    {"inforeq", 139, 0},      {"whoreq", 139, 0},       {"fqdnreply", 140, 0},
    {"inforep", 140, 0},      {"whorep", 140, 0},       {NULL, 0, 0},
};

const ipf_name_t ipf_icmp_codes[] = {
    {"net-unr", 0, 0},        {"host-unr", 1, 0},       {"proto-unr", 2, 0},
    {"port-unr", 3, 0},       {"needfrag", 4, 0},       {"srcfail", 5, 0},
    {"net-unk", 6, 0},        {"host-unk", 7, 0},       {"isolate", 8, 0},
    {"net-prohib", 9, 0},     {"host-prohib", 10, 0},   {"net-tos", 11, 0},
    {"host-tos", 12, 0},      {"filter-prohib", 13, 0}, {"host-preced", 14, 0},
    {"cutoff-preced", 15, 0}, {"preced-cutoff", 15, 0}, {NULL, 0, 0},
};

const ipf_name_t ipf_options[] = {
    {"nop", 1, 0x000001},
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
    {"addext", 147, 0x004000},
    {"visa", 142, 0x008000},
    {"imitd", 144, 0x010000},
    {"eip", 145, 0x020000},
    {"finn", 205, 0x040000},
    {"dps", 151, 0x080000},
    {"sdb", 149, 0x100000},
    {"nsapa", 150, 0x200000},
    {"rtralrt", 148, 0x400000},
    {"ump", 152, 0x800000},
    {NULL, 0, 0},
};

const ipf_name_t ipf_v6hdrs[] = {
    {"hopopts", 0, 0x01},     {"ipv6", 41, 0x02}, {"routing", 43, 0x04}, {"frag", 44, 0x08},
    {"esp", 50, 0x10},        {"ah", 51, 0x20},   {"none", 59, 0x40},    {"dstopts", 60, 0x80},
    {"mobility", 135, 0x100}, {NULL, 0, 0},
};

const ipf_name_t ipf_secclasses[] = {
    {"reserv-4", 0x01, 0x01}, {"topsecret", 0x3d, 0x02}, {"secret", 0x5a, 0x04},
    {"reserv-3", 0x66, 0x08}, {"confid", 0x96, 0x10},    {"unclass", 0xab, 0x20},
    {"reserv-2", 0xcc, 0x40}, {"reserv-1", 0xf1, 0x80},  {NULL, 0, 0},
};

const ipf_name_t ipf_facilities[] = {
    {"kern", 0, 0},     {"user", 8, 0},       {"mail", 16, 0},      {"daemon", 24, 0},
    {"auth", 32, 0},    {"syslog", 40, 0},    {"lpr", 48, 0},       {"news", 56, 0},
    {"uucp", 64, 0},    {"cron", 72, 0},      {"authpriv", 80, 0},  {"ftp", 88, 0},
    {"audit", 104, 0},  {"security", 104, 0}, {"logalert", 112, 0}, {"local0", 128, 0},
    {"local1", 136, 0}, {"local2", 144, 0},   {"local3", 152, 0},   {"local4", 160, 0},
    {"local5", 168, 0}, {"local6", 176, 0},   {"local7", 184, 0},   {NULL, 0, 0},
};

const ipf_name_t ipf_priorities[] = {
    {"emerg", 0, 0}, {"alert", 1, 0}, {"crit", 2, 0},    {"err", 3, 0},
    {"error", 3, 0}, {"warn", 4, 0},  {"warning", 4, 0}, {"notice", 5, 0},
    {"info", 6, 0},  {"debug", 7, 0}, {NULL, 0, 0},
};

/* In the order in which they are printed. The second name of a bit is only read, never printed. */
const ipf_name_t ipf_withs[] = {
    {"ipopts", 0, FI_OPTIONS},
    {"ipopt", 0, FI_OPTIONS},
    {"short", 0, FI_SHORT},
    {"frag", 0, FI_FRAG},
    {"frags", 0, FI_FRAG},
    {"frag-body", 0, FI_FRAGBODY},
    {"nat", 0, FI_NATED},
    {"lowttl", 0, FI_LOWTTL},
    {"bad", 0, FI_BAD},
    {"bad-src", 0, FI_BADSRC},
    {"bad-nat", 0, FI_BADNAT},
    {"oow", 0, FI_OOW},
    {"mbcast", 0, FI_MBCAST},
    {"bcast", 0, FI_BROADCAST},
    {"broadcast", 0, FI_BROADCAST},
    {"mcast", 0, FI_MULTICAST},
    {"multicast", 0, FI_MULTICAST},
    {"state", 0, FI_STATE},
    {"v6hdrs", 0, FI_V6EXTHDR},
    {"ah", 0, FI_AH},
    {NULL, 0, 0},
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
