/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Loads libpcap when a capture is read.
 */
#include "sim/base/lazy.h"

#include <pcap/pcap.h>

static lazy_library_t library = {.soname = LO0SIM_PCAP_SONAME};

bool lazy_pcap(void)
{
    return lazy_load(&library);
}

LAZY(library, pcap_t *, pcap_fopen_offline, (FILE * file, char *error), (file, error))
LAZY(library, int, pcap_datalink, (pcap_t * pcap), (pcap))
LAZY(library, const char *, pcap_datalink_val_to_name, (int type), (type))
LAZY(library, int, pcap_next_ex, (pcap_t * pcap, struct pcap_pkthdr **head, const u_char **bytes),
     (pcap, head, bytes))
LAZY(library, char *, pcap_geterr, (pcap_t * pcap), (pcap))
LAZY_VOID(library, pcap_close, (pcap_t * pcap), (pcap))
