/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/any_rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PICK(c, array) (array)[chance(c, sizeof(array) / sizeof((array)[0]))]
/* One of the words, in one of `of` rules. */
#define MAYBE(t, of, ...) put_maybe(t, of, (const char *const[]){__VA_ARGS__, NULL})

typedef struct text {
    chance_t *c;
    char *buffer;
    size_t length;
} text_t;

static void put(text_t *t, const char *word)
{
    t->length += (size_t)snprintf(t->buffer + t->length, ANY_RULE_MAX - t->length, " %s", word);
}

static bool put_maybe(text_t *t, uint32_t of, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    if (chance(t->c, of) != 0)
        return false;
    put(t, words[chance(t->c, (uint32_t)count)]);
    return true;
}

static void put_action(text_t *t)
{
    MAYBE(t, 8, "@0", "@3", "1", "100");
    MAYBE(t, 1, "pass", "block", "pass", "block", "block return-rst", "block return-icmp",
          "block return-icmp-as-dest(port-unr)", "block return-icmp(13)", "block return-icmp(200)",
          "log", "log body first", "log level local1.err", "log or-block", "count", "auth",
          "auth return-rst", "preauth", "nomatch", "decapsulate", "call now srcgrpmap/7",
          "call fr_dstgrpmap/3", "skip 2");
}

static void put_options(text_t *t)
{
    MAYBE(t, 6, "log", "log body", "log first", "log or-block", "log body first or-block",
          "log level audit.info", "log level err");
    MAYBE(t, 4, "quick");
    if (MAYBE(t, 3, "on lo0", "on bge0,lo0", "on -", "on *", "on ppp*", "on { lo0, bge1 }",
              "on lo0,-", "on lo0(!)"))
        MAYBE(t, 4, "in-via bge1", "out-via bge1,bge2", "out-via -");
    MAYBE(t, 12, "dup-to bge0", "dup-to bge0:10.0.0.1", "dup-to bge0:fe80::1");
    MAYBE(t, 12, "to bge1", "to bge1:10.0.0.1", "route-to bge1", "to bge1:2001:db8::1");
    MAYBE(t, 12, "reply-to bge2", "reply-to bge2:10.0.0.3");
    MAYBE(t, 16, "fastroute");
}

static void put_address(text_t *t, bool six)
{
    MAYBE(t, 6, "!");
    if (six)
        MAYBE(t, 1, "any", "::1", "fe80::/10", "2001:db8::1/32", "::/0", "{ ::1, fe80::1/64 }",
              "pool/5", "::ffff:1.2.3.4");
    else
        MAYBE(t, 1, "any", "10.0.0.1", "10/8", "10.1.2.3/0", "1.2.3.4 mask 255.255.0.0",
              "9.8.7.6/0xffffff00", "10.0.1.0/255.0.255.0", "{ 10.0.0.1, 10/8 }", "pool/5",
              "hash/nets", "bge0/32", "bge0/network", "lo0/bcast", "<thishost>", "localhost");
}

static void put_port(text_t *t, bool ports)
{
    if (ports)
        MAYBE(t, 2, "port = 22", "port != domain", "port < 1024", "port ge 80", "port 1:9",
              "port 5 <> 9", "port 0 >< 65535", "port = { 1, 3 }", "port = { 1:2, ssh }");
}

static void put_ends(text_t *t, bool six, bool ports)
{
    if (chance(t->c, 5) == 0) {
        put(t, "all");
        return;
    }
    put(t, "from");
    put_address(t, six);
    put_port(t, ports);
    put(t, "to");
    put_address(t, six);
    put_port(t, ports);
}

/* What a packet is. */
static void put_match(text_t *t, bool six)
{
    static const char *const protos[] = {"", "tcp", "udp", "tcp/udp", "icmp", "esp", "200"};
    size_t proto = chance(t->c, 7);
    if (six)
        MAYBE(t, 1, "inet6", "family inet6");
    else
        MAYBE(t, 5, "inet", "family inet");
    MAYBE(t, 10, "tos 8", "tos 0x10", "tos { 1, 2 }");
    MAYBE(t, 10, "ttl 1", "ttl 255", "ttl { 3, 4 }");
    if (proto > 0) {
        put(t, "proto");
        put(t, six && proto == 4 ? "ipv6-icmp" : protos[proto]);
    }
    put_ends(t, six, proto >= 1 && proto <= 3);
    if (proto == 1)
        MAYBE(t, 3, "flags S", "flags S/SA", "flags /A", "flags FSRPAUEC/FSRPAUEC", "flags 2/18");
    if (proto == 4 && !six)
        MAYBE(t, 2, "icmp-type echo", "icmp-type 3 code port-unr", "icmp-type { 0, 8 }",
              "icmp-type unreach code 200");
    if (proto == 4 && six)
        MAYBE(t, 2, "icmp-type echo", "icmp-type 135", "icmp-type unreach code 4");
}

static void put_withs(text_t *t, bool six)
{
    static const char *const negated[] = {"", "not ", "no "};
    static const char *const withs[] = {"short", "frag", "ipopts", "bad",    "mcast", "bcast",
                                        "oow",   "nat",  "lowttl", "v6hdrs", "ah",    "state"};
    static const char *const more[] = {"opt lsrr", "opt ts,rr,sec", "opt sec-class secret",
                                       "opt sec-class unclass,topsecret"};
    static const char *const more6[] = {"v6hdr frag", "v6hdr routing,dstopts", "v6hdr esp"};
    for (uint32_t count = chance(t->c, 4), i = 0; i < count; i++) {
        char word[80];
        const char *no = PICK(t->c, negated), *what = PICK(t->c, withs);
        if (chance(t->c, 3) == 0)
            what = six ? PICK(t->c, more6) : PICK(t->c, more);
        snprintf(word, sizeof(word), "%s%s%s", i == 0 ? "with " : "", no, what);
        put(t, word);
    }
}

static void put_kept(text_t *t)
{
    static const char *const options[] = {"limit 7",
                                          "age 10",
                                          "age 600/4",
                                          "no-icmp-err",
                                          "strict",
                                          "loose",
                                          "newisn",
                                          "sync",
                                          "nolog",
                                          "max-srcs 3",
                                          "max-srcs 3, max-per-src 2/24",
                                          "icmp-head g"};
    if (chance(t->c, 3) == 0) {
        put(t, "keep state");
        for (uint32_t count = chance(t->c, 4), i = 0; i < count; i++) {
            put(t, i == 0 ? "(" : ",");
            put(t, PICK(t->c, options));
            if (i + 1 == count)
                put(t, ")");
        }
    }
    MAYBE(t, 6, "keep frags", "keep frags (strict)", "keep frag");
}

void any_rule(chance_t *c, char *text)
{
    text_t t = {.c = c, .buffer = text};
    bool six = chance(c, 4) == 0;
    put_action(&t);
    MAYBE(&t, 1, "in", "out");
    put_options(&t);
    put_match(&t, six);
    put_withs(&t, six);
    put_kept(&t);
    MAYBE(&t, 8, "head 100", "head g");
    MAYBE(&t, 8, "group 200", "group h");
    MAYBE(&t, 10, "set-tag(log=7)", "set-tag(nat=x)", "set-tag(log=4294967295, nat=x)");
    MAYBE(&t, 12, "match-tag(log=7)", "match-tag(nat=x)");
    MAYBE(&t, 10, "pps 3");
    MAYBE(&t, 12, "comment \"why not\"");
}
