/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/sim/fuzz_ipftest.h"

#include "filter/fr_verdict.h"

#include <stdlib.h>
#include <string.h>

static const char rules[] = "block in all\npass in proto tcp all keep state\nblock out all\n"
                            "pass out proto udp all keep state keep frags\n"
                            "pass in proto icmp all icmp-type echo keep state\n";

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void judge(ipf_stack_t *ifs, const ipftest_packet_t *packet)
{
    qpktinfo_t qpi = {.qpi_ifname = packet->ifname};
    check(packet->length <= IPFTEST_PACKET_MAX);
    check(memchr(packet->ifname, '\0', sizeof(packet->ifname)) != NULL);
    mblk_t *m = allocb(packet->length);
    check(m != NULL);
    memcpy(m->b_wptr, packet->bytes, packet->length);
    m->b_wptr += packet->length;
    check(*fr_verdict(ifs, &qpi, packet->out, m) != '\0');
    freemsg(m);
}

static void check_error(const ipftest_input_t *in, const char *text, size_t size)
{
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    check(in->line >= 1 && in->line <= lines);
    check(in->error[0] != '\0' && memchr(in->error, '\0', sizeof(in->error)) != NULL);
}

void fuzz_ipftest(const uint8_t *data, size_t size,
                  int (*read)(ipftest_input_t *in, ipftest_packet_t *packet))
{
    static ipftest_packet_t packet;
    int result;
    char *text = malloc(size + 1);
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    check(text != NULL && ifs != NULL);
    check(ipf_load_all(ifs, rules, sizeof(rules) - 1, 0, &error) == 0);
    memcpy(text, data, size);
    ipftest_input_t in = {.next = text, .end = text + size};
    while ((result = read(&in, &packet)) > 0)
        judge(ifs, &packet);
    if (result < 0)
        check_error(&in, text, size);
    ipf_destroy(ifs);
    free(text);
    check(mblk_in_use() == 0);
}
