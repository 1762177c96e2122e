/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as a line of words. IPFilter: ipft_tx.c. TTL 63, but hop limit 0 in IPv6; no payload.
 * Checksums are right, except that of ICMPv6, which is 0.
 */
#include "filter/ipf_words.h"
#include "sim/ipftest/ipftest_packet.h"
#include "stack/in_cksum.h"
#include "stack/wire.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32
#define TTL       63
#define HLEN4     20
#define HLEN6     40
#define ECHO_ID   4711

/* ICMP is as long as struct icmp, so that it is long enough for every type. */
#define ICMP_SIZE  28
#define ICMP6_SIZE 88 /* with room for a packet that is quoted */

/* The words of a line, and the one that is next. */
typedef struct words {
    char text[1024];
    char *word[WORDS_MAX];
    size_t count, next;
} words_t;

/* The packet that is being built. */
typedef struct making {
    ipftest_input_t *in;
    ipftest_packet_t *packet;
    int family;
    uint8_t proto;
    uint8_t src[16], dst[16];
    uint16_t sport, dport;
    uint8_t flags;
    uint32_t seq, ack;
    uint8_t icmp_type, icmp_code;
    uint8_t options[40];
    size_t options_length;
} making_t;

static int fail(ipftest_input_t *in, const char *what, const char *word)
{
    snprintf(in->error, sizeof(in->error), "%s '%.100s'", what, word != NULL ? word : "");
    return -1;
}

static bool split(words_t *w, const char *line, size_t length)
{
    *w = (words_t){.count = 0};
    if (length >= sizeof(w->text))
        return false;
    memcpy(w->text, line, length);
    for (char *save, *word = strtok_r(w->text, " \t", &save); word != NULL;
         word = strtok_r(NULL, " \t", &save)) {
        if (w->count == WORDS_MAX)
            return false;
        w->word[w->count++] = word;
    }
    return true;
}

static const char *peek(const words_t *w)
{
    return w->next < w->count ? w->word[w->next] : NULL;
}

static bool accept_word(words_t *w, const char *word)
{
    const char *next = peek(w);
    if (next == NULL || strcmp(next, word) != 0)
        return false;
    w->next++;
    return true;
}

static bool read_number(const char *text, uint32_t max, uint32_t *number)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 0);
    *number = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= max;
}

/* ---- the parts ---- */

/* SRC or DST, with ",PORT" for TCP and UDP. */
static bool read_end(making_t *m, const char *word, uint8_t *address, uint16_t *port)
{
    char text[100];
    uint32_t number;
    if (word == NULL || strlen(word) >= sizeof(text))
        return false;
    strcpy(text, word);
    char *comma = strchr(text, ',');
    if (comma != NULL) {
        *comma = '\0';
        if ((m->proto != IPPROTO_TCP && m->proto != IPPROTO_UDP) ||
            (!read_number(comma + 1, 65535, &number) &&
             !ipf_service_port(comma + 1, strlen(comma + 1), 0, port)))
            return false;
        if (read_number(comma + 1, 65535, &number))
            *port = (uint16_t)number;
    }
    return inet_pton(m->family, text, address) == 1;
}

static bool read_flags(const char *word, uint8_t *flags)
{
    static const char letters[] = "FSRPAUEC";
    *flags = 0;
    for (; *word != '\0'; word++) {
        const char *letter = strchr(letters, *word);
        if (letter == NULL)
            return false;
        *flags |= (uint8_t)(1u << (letter - letters));
    }
    return true;
}

/* Rules have these names in capitals, too; packets do not. */
static const ipf_name_t *find_small(const ipf_name_t *table, const char *word, size_t length)
{
    const ipf_name_t *name = ipf_name_find(table, word, length);
    return name != NULL && strncmp(name->name, word, length) == 0 ? name : NULL;
}

/* TYPE[,CODE] of ICMP. */
static bool read_icmp(making_t *m, const char *word)
{
    const char *comma = strchr(word, ',');
    size_t length = comma != NULL ? (size_t)(comma - word) : strlen(word);
    char text[32];
    uint32_t number;
    const ipf_name_t *type =
        find_small(m->family == AF_INET6 ? ipf_icmp6_types : ipf_icmp_types, word, length);
    if (length >= sizeof(text))
        return false;
    memcpy(text, word, length);
    text[length] = '\0';
    if (type == NULL && !read_number(text, 255, &number))
        return false;
    m->icmp_type = (uint8_t)(type != NULL ? type->number : number);
    if (comma == NULL)
        return true;
    const ipf_name_t *code = find_small(ipf_icmp_codes, comma + 1, strlen(comma + 1));
    if (code == NULL && !read_number(comma + 1, 255, &number))
        return false;
    m->icmp_code = (uint8_t)(code != NULL ? code->number : number);
    return true;
}

/* The length that IPFilter gives an option. */
static uint8_t option_size(unsigned kind)
{
    static const uint8_t sizes[][2] = {{1, 1},   {7, 8},   {68, 8},  {130, 12},
                                       {131, 8}, {133, 8}, {134, 8}, {137, 8}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (sizes[i][0] == kind)
            return sizes[i][1];
    }
    return 4;
}

/* NAME[=VALUE] of an IP option. */
static bool add_option(making_t *m, const char *text)
{
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) : strlen(text);
    uint8_t *option = m->options + m->options_length;
    struct in_addr address;
    uint32_t number;
    bool class = length == 9 && memcmp(text, "sec-class", 9) == 0;
    const ipf_name_t *name =
        class ? ipf_name_find(ipf_options, "sec", 3) : ipf_name_find(ipf_options, text, length);
    if (name == NULL)
        return false;
    uint8_t size = option_size(name->number);
    if (m->options_length + size + 4u > sizeof(m->options))
        return false;
    option[0] = (uint8_t)name->number;
    if (name->number == 1) {
        m->options_length++;
        return true;
    }
    option[1] = size;
    option[2] = 4; /* IPOPT_MINOFF */
    if (class) {
        const ipf_name_t *level =
            equals != NULL ? ipf_name_find(ipf_secclasses, equals + 1, strlen(equals + 1)) : NULL;
        if (level == NULL)
            return false;
        option[2] = (uint8_t)level->number;
    } else if (equals != NULL && inet_pton(AF_INET, equals + 1, &address) == 1) {
        if (size < 7)
            return false;
        memcpy(option + 3, &address, 4);
    } else if (equals != NULL && read_number(equals + 1, 65535, &number)) {
        put16(option + 2, (uint16_t)number);
    } else if (equals != NULL) {
        return false;
    }
    m->options_length += size;
    return true;
}

static bool read_options(making_t *m, char *list)
{
    for (char *save, *name = strtok_r(list, ",", &save); name != NULL;
         name = strtok_r(NULL, ",", &save)) {
        if (!add_option(m, name))
            return false;
    }
    /* The list ends with an EOL, on a multiple of four. */
    while (m->options_length % 4 != 3)
        m->options[m->options_length++] = 1; /* NOP */
    m->options_length++;
    return true;
}

/* What can follow the two ends. */
static int read_rest(making_t *m, words_t *w)
{
    uint32_t number;
    for (const char *word = peek(w); word != NULL; word = peek(w)) {
        w->next++;
        if (strcmp(word, "opt") == 0 && m->family == AF_INET && peek(w) != NULL) {
            if (!read_options(m, w->word[w->next++]))
                return fail(m->in, "IP options that are not known in", w->word[w->next - 1]);
        } else if (strncmp(word, "seq=", 4) == 0 && read_number(word + 4, UINT32_MAX, &number)) {
            m->seq = number;
        } else if (strncmp(word, "ack=", 4) == 0 && read_number(word + 4, UINT32_MAX, &number)) {
            m->ack = number;
        } else if (m->proto == IPPROTO_TCP ? !read_flags(word, &m->flags)
                   : m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6 ? !read_icmp(m, word)
                                                                            : true) {
            return fail(m->in, "unexpected", word);
        }
    }
    return 1;
}

/* ---- putting it together ---- */

/* An echo has an identifier, other queries have 0. IPFilter's is the number of its process. */
static bool is_echo(const making_t *m)
{
    if (m->proto == IPPROTO_ICMPV6)
        return m->icmp_type == ICMP6_ECHO_REQUEST || m->icmp_type == ICMP6_ECHO_REPLY;
    return m->icmp_type == ICMP_ECHO || m->icmp_type == ICMP_ECHOREPLY;
}

static size_t write_transport(const making_t *m, uint8_t *at)
{
    switch (m->proto) {
    case IPPROTO_TCP:
        put16(at, m->sport);
        put16(at + 2, m->dport);
        put32(at + 4, m->seq);
        put32(at + 8, m->ack);
        at[12] = 5 << 4;
        at[13] = m->flags;
        put16(at + 14, 4096);
        put16(at + 18, (m->flags & TH_URG) != 0);
        return 20;
    case IPPROTO_UDP:
        put16(at, m->sport);
        put16(at + 2, m->dport);
        put16(at + 4, 8);
        return 8;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        at[0] = m->icmp_type;
        at[1] = m->icmp_code;
        if (is_echo(m))
            put16(at + 4, ECHO_ID);
        return m->proto == IPPROTO_ICMP ? ICMP_SIZE : ICMP6_SIZE;
    default:
        return m->family == AF_INET6; /* 0 would be a jumbogram */
    }
}

/* The checksum of what follows the IP header, in its field. */
static void write_checksum(const making_t *m, uint8_t *ip, size_t header, size_t length)
{
    size_t size = m->family == AF_INET6 ? 16 : 4;
    const uint8_t *addresses = ip + (m->family == AF_INET6 ? 8 : 12);
    uint32_t sum = m->proto == IPPROTO_ICMP ? 0 : m->proto + (uint32_t)length;
    size_t field = m->proto == IPPROTO_TCP ? 16 : m->proto == IPPROTO_UDP ? 6 : 2;
    if (m->proto != IPPROTO_TCP && m->proto != IPPROTO_UDP && m->proto != IPPROTO_ICMP)
        return;
    for (size_t i = 0; i < 2 * size && m->proto != IPPROTO_ICMP; i += 2)
        sum += get16(addresses + i);
    for (size_t i = 0; i < length; i += 2)
        sum += get16(ip + header + i);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + header + field, (uint16_t)~sum);
}

static void write_header6(const making_t *m, uint8_t *ip, size_t payload)
{
    ip[0] = 0x60;
    put16(ip + 4, (uint16_t)payload);
    ip[6] = m->proto;
    memcpy(ip + 8, m->src, 16);
    memcpy(ip + 24, m->dst, 16);
}

static void write_header4(const making_t *m, uint8_t *ip, size_t header, size_t total)
{
    ip[0] = (uint8_t)(0x40 | header / 4);
    put16(ip + 2, (uint16_t)total);
    ip[8] = TTL;
    ip[9] = m->proto;
    memcpy(ip + 12, m->src, 4);
    memcpy(ip + 16, m->dst, 4);
    memcpy(ip + HLEN4, m->options, m->options_length);
    put16(ip + 10, in_cksum(ip, header));
}

static void write_packet(const making_t *m)
{
    uint8_t *ip = m->packet->bytes;
    size_t header = m->family == AF_INET6 ? HLEN6 : HLEN4 + m->options_length;
    memset(ip, 0, header + ICMP6_SIZE);
    size_t total = header + write_transport(m, ip + header);
    m->packet->length = total;
    if (m->family == AF_INET6)
        write_header6(m, ip, total - header);
    else
        write_header4(m, ip, header, total);
    write_checksum(m, ip, header, total - header);
}

/* ---- a line ---- */

static bool read_direction(making_t *m, words_t *w)
{
    bool in6 = accept_word(w, "in6"), out6 = !in6 && accept_word(w, "out6");
    m->family = in6 || out6 ? AF_INET6 : AF_INET;
    m->packet->out = out6 || (!in6 && accept_word(w, "out"));
    return in6 || m->packet->out || accept_word(w, "in");
}

static int read_line(making_t *m, words_t *w)
{
    uint32_t number;
    if (!read_direction(m, w))
        return fail(m->in, "expected 'in' or 'out', got", peek(w));
    strcpy(m->packet->ifname, "anon0");
    if (accept_word(w, "on")) {
        if (peek(w) == NULL || strlen(peek(w)) >= sizeof(m->packet->ifname))
            return fail(m->in, "expected an interface after 'on', got", peek(w));
        strcpy(m->packet->ifname, w->word[w->next++]);
    }
    const char *word = peek(w);
    const ipf_name_t *proto = word != NULL ? find_small(ipf_protocols, word, strlen(word)) : NULL;
    m->proto = m->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (proto != NULL || (word != NULL && read_number(word, 255, &number))) {
        m->proto = (uint8_t)(proto != NULL ? proto->number : number);
        w->next++;
    }
    word = peek(w);
    w->next++;
    if (!read_end(m, word, m->src, &m->sport))
        return fail(m->in, "expected the source's address, got", word);
    word = peek(w);
    w->next++;
    if (!read_end(m, word, m->dst, &m->dport))
        return fail(m->in, "expected the destination's address, got", word);
    return read_rest(m, w);
}

int ipftest_read_text(ipftest_input_t *in, ipftest_packet_t *packet)
{
    const char *line;
    size_t length;
    words_t words;
    while ((line = ipftest_line(in, &length)) != NULL) {
        making_t m = {.in = in, .packet = packet};
        if (!split(&words, line, length))
            return fail(in, "a line that is too long", NULL);
        if (words.count == 0 || words.word[0][0] == '#')
            continue;
        packet->multicast = packet->broadcast = false;
        int result = read_line(&m, &words);
        if (result > 0)
            write_packet(&m);
        return result;
    }
    return 0;
}
