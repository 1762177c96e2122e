# libpcap, for reading captures.
lo0sim_find_lazy(PCAP pcap/pcap.h pcap libpcap.so.0.8)
