/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The options of an IPv4 header. Solaris: frpr_ipv4hdr() (fil.c); IPFilter 6: ipf_checkripso(),
 * ipf_checkcipso().
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#define IPOPT_EOL      0
#define IPOPT_NOP      1
#define IPOPT_SECURITY 130
#define IPOPT_CIPSO    134

#define SECURITY_MIN 5
#define RESERVED_1   0xf1

/* The classification, which is `sec-class`, and two bytes of protection authorities. */
static void read_ripso(fr_info_t *fin, const uint8_t *option)
{
    const ipf_name_t *class = ipf_name_of(ipf_secclasses, option[2]);
    fin->fin_secmsk = fin->fin_auth = 0; /* what CIPSO has set before */
    if (class == NULL || option[2] == RESERVED_1)
        return;
    fin->fin_secmsk = (uint16_t) class->bit;
    fin->fin_auth = get16(option + 3);
    if ((fin->fin_auth & 0x0100) == 0)
        fin->fin_auth &= 0xff00;
}

/* Tags 1, 4 and 5 have a byte that must be 0; 0, 2, 3, and 6 to 127 are not known. */
static bool good_tag(const uint8_t *tag)
{
    if (tag[0] == 1 || tag[0] == 4 || tag[0] == 5)
        return tag[2] == 0;
    return tag[0] > 127;
}

/* The domain of interpretation takes the place of the classification. */
static void read_cipso(fr_info_t *fin, const uint8_t *option, size_t length)
{
    size_t tag = 0;
    fin->fin_secmsk = fin->fin_auth = 0;
    if (length < 6) {
        fin->fin_flx |= FI_BAD;
        return;
    }
    for (size_t i = 6; length - i >= 2; i += tag) {
        tag = option[i + 1];
        if (tag > length - i || tag < 4 || tag > 34) {
            fin->fin_flx |= FI_BAD;
            return;
        }
        if (!good_tag(option + i))
            fin->fin_flx |= FI_BAD;
    }
    fin->fin_secmsk = (uint16_t)(option[4] | option[5] << 8);
    fin->fin_auth = (uint16_t)(option[2] | option[3] << 8);
    if ((fin->fin_auth & 0x0100) == 0)
        fin->fin_auth &= 0xff00;
}

/* One option; those shorter than SECURITY_MIN are skipped. */
static void frpr_option(fr_info_t *fin, const uint8_t *option, size_t length)
{
    const ipf_name_t *name = ipf_name_of(ipf_options, option[0]);
    if (name == NULL || length < SECURITY_MIN)
        return;
    bool again = (fin->fin_optmsk & name->bit) != 0;
    fin->fin_optmsk |= name->bit;
    if (option[0] != IPOPT_SECURITY && option[0] != IPOPT_CIPSO)
        return;
    if (again)
        fin->fin_flx |= FI_BAD;
    else if (option[0] == IPOPT_SECURITY)
        read_ripso(fin, option);
    else
        read_cipso(fin, option, length);
}

/* An option that goes past the end ends the list, and is not a fault of the packet. */
void frpr_options(fr_info_t *fin, const uint8_t *options, size_t size)
{
    for (size_t i = 0; i + SECURITY_MIN <= size && options[i] != IPOPT_EOL;) {
        size_t length = options[i] == IPOPT_NOP ? 1 : options[i + 1];
        if (options[i] != IPOPT_NOP && (length < 2 || length > size - i))
            return;
        frpr_option(fin, options + i, length);
        i += length;
    }
}
