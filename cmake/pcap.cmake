# libpcap, for reading captures.
find_path(PCAP_INCLUDE_DIR pcap/pcap.h REQUIRED)
find_library(PCAP_LIBRARY pcap REQUIRED)
mark_as_advanced(PCAP_INCLUDE_DIR PCAP_LIBRARY)
