/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A connect that a rule refuses, on a box of era snv_116; what passed lo0 goes into refused.pcapng.
 */
#include "sim/base/errno_name.h"
#include "sim/core/box.h"
#include "sim/view/capture.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char rules[] = "block return-rst in on lo0 proto tcp from any to any port = 22\n";
    const capture_options_t options = {.tap = TAP_SNOOP, .linktype = CAPTURE_IPNET};
    const in6_addr_t localhost = ip_address_loopback(AF_INET);
    ipf_error_t error;
    FILE *out = fopen("refused.pcapng", "wb");
    box_t *box = box_create(1, NULL, 0);
    if (out == NULL || box == NULL)
        return 1;
    box_set_era(box, era_find("snv_116"));
    capture_t *capture = capture_begin(box, &options, "refused", out);
    if (box_filter(box, rules, strlen(rules), true, &error) != 0) {
        fprintf(stderr, "%d:%d: %s\n", error.line, error.column, error.message);
        return 2;
    }
    int err = box_connect(box, &localhost, 22, true);
    printf("%s after %.3f s\n", errno_name(err), (double)box_now(box) / 1e6);
    capture_end(capture, box_now(box));
    box_destroy(box);
    return fclose(out) == 0 ? 0 : 1;
}
