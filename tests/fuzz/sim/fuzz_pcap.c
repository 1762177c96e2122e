/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a capture: it is read to its end, or refused with a message that can be shown.
 */
#include "sim/ipftest/ipftest_pcap.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ipftest_packet_t packet;
    char error[200] = "";
    unsigned packets = 0, sum = 0;
    int result;
    ipftest_capture_t *capture = ipftest_pcap_open(data, size, error, sizeof(error));
    if (capture == NULL) {
        check(error[0] != '\0');
        return 0;
    }
    while ((result = ipftest_pcap_read(capture, &packet, error, sizeof(error))) == 1) {
        packets++;
        check(packet.length > 0 && packet.length <= IPFTEST_PACKET_MAX);
        check(packet.bytes[0] >> 4 == 4 || packet.bytes[0] >> 4 == 6);
        check(!packet.multicast || !packet.broadcast);
        for (size_t i = 0; i < packet.length; i++) /* so that a sanitizer sees a stale byte */
            sum += packet.bytes[i];
    }
    check(result == 0 || error[0] != '\0');
    check(packets + ipftest_pcap_others(capture) == ipftest_pcap_frames(capture));
    ipftest_pcap_close(capture);
    return sum == 1 && packets == 0; /* never: it begins at 0x40 */
}
