/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Services and their ports. This list is the same on every machine. A program that reads rules for
 * the machine on which it runs adds this machine's services file (ipf_services_of_machine()). */
#include "filter/ipf_words.h"

#include <string.h>

typedef struct service {
    const char *name;
    uint16_t port;
    unsigned protos;
} service_t;

#define T IPF_SERVICE_TCP
#define U IPF_SERVICE_UDP

/* As in /etc/services of Solaris, and the names that everybody uses. */
static const service_t services[] = {
    {"echo", 7, T | U},
    {"discard", 9, T | U},
    {"daytime", 13, T | U},
    {"chargen", 19, T | U},
    {"ftp-data", 20, T},
    {"ftp", 21, T},
    {"ssh", 22, T},
    {"telnet", 23, T},
    {"smtp", 25, T},
    {"time", 37, T | U},
    {"nameserver", 42, U},
    {"name", 42, U},
    {"domain", 53, T | U},
    {"bootps", 67, T | U},
    {"bootpc", 68, T | U},
    {"tftp", 69, U},
    {"gopher", 70, T},
    {"finger", 79, T},
    {"http", 80, T},
    {"www", 80, T},
    {"kerberos", 88, T | U},
    {"pop3", 110, T},
    {"sunrpc", 111, T | U},
    {"auth", 113, T},
    {"ident", 113, T},
    {"nntp", 119, T},
    {"ntp", 123, T | U},
    {"netbios-ns", 137, T | U},
    {"netbios-dgm", 138, T | U},
    {"netbios-ssn", 139, T | U},
    {"imap", 143, T},
    {"snmp", 161, U},
    {"snmp-trap", 162, U},
    {"bgp", 179, T},
    {"irc", 194, T | U},
    {"ldap", 389, T | U},
    {"https", 443, T},
    {"microsoft-ds", 445, T | U},
    {"isakmp", 500, U},
    {"exec", 512, T},
    {"biff", 512, U},
    {"login", 513, T},
    {"who", 513, U},
    {"shell", 514, T},
    {"syslog", 514, U},
    {"printer", 515, T},
    {"route", 520, U},
    {"uucp", 540, T},
    {"submission", 587, T},
    {"ipp", 631, T | U},
    {"ldaps", 636, T | U},
    {"rsync", 873, T},
    {"imaps", 993, T},
    {"pop3s", 995, T},
    {"socks", 1080, T},
    {"nfsd", 2049, T | U},
    {"nfs", 2049, T | U},
    {"mysql", 3306, T},
    {"lockd", 4045, T | U},
    {"postgresql", 5432, T},
    {"x11", 6000, T},
};

/* Names that are read but not printed: rules sometimes have names for these ports. */
static const service_t more_services[] = {
    {"tcpmux", 1, T},
    {"systat", 11, T},
    {"netstat", 15, T},
    {"qotd", 17, T},
    {"whois", 43, T},
    {"tacacs", 49, T | U},
    {"hostnames", 101, T},
    {"pop2", 109, T},
    {"rpcbind", 111, T | U},
    {"sftp", 115, T},
    {"epmap", 135, T | U},
    {"loc-srv", 135, T | U},
    {"snmptrap", 162, U},
    {"xdmcp", 177, U},
    {"smux", 199, T},
    {"z3950", 210, T},
    {"ipx", 213, T | U},
    {"svrloc", 427, T | U},
    {"snpp", 444, T},
    {"kpasswd", 464, T | U},
    {"smtps", 465, T},
    {"ssmtp", 465, T},
    {"submissions", 465, T},
    {"urd", 465, T},
    {"saft", 487, T},
    {"rwhod", 513, U},
    {"talk", 517, U},
    {"ntalk", 518, U},
    {"rip", 520, U},
    {"ripng", 521, U},
    {"timed", 525, U},
    {"klogin", 543, T},
    {"kshell", 544, T},
    {"dhcpv6-client", 546, U},
    {"dhcpv6-server", 547, U},
    {"afpovertcp", 548, T},
    {"rtsp", 554, T | U},
    {"nntps", 563, T},
    {"nqs", 607, T},
    {"kerberos-adm", 749, T},
    {"swat", 901, T},
    {"rndc", 953, T},
    {"ftps-data", 989, T},
    {"ftps", 990, T},
    {"telnets", 992, T},
    {"rmiregistry", 1099, T},
    {"openvpn", 1194, T | U},
    {"nessus", 1241, T},
    {"lotusnote", 1352, T},
    {"ms-sql-s", 1433, T},
    {"ms-sql-m", 1434, U},
    {"ica", 1494, T},
    {"wins", 1512, T | U},
    {"ingreslock", 1524, T},
    {"l2f", 1701, U},
    {"l2tp", 1701, U},
    {"pptp", 1723, T},
    {"ms-streaming", 1755, T},
    {"radius", 1812, U},
    {"radius-acct", 1813, U},
    {"ssdp", 1900, U},
    {"cvspserver", 2401, T},
    {"icpv2", 3130, U},
    {"iscsi", 3260, T},
    {"ms-wbt-server", 3389, T},
    {"stun", 3478, T | U},
    {"distcc", 3632, T},
    {"svn", 3690, T},
    {"epmd", 4369, T},
    {"krb524", 4444, T | U},
    {"iax", 4569, U},
    {"sip", 5060, T | U},
    {"sip-tls", 5061, T},
    {"xmpp-client", 5222, T},
    {"xmpp-server", 5269, T},
    {"stuns", 5349, T | U},
    {"mdns", 5353, U},
    {"nrpe", 5666, T},
    {"amqps", 5671, T},
    {"amqp", 5672, T},
    {"ircd", 6667, T},
    {"ircs-u", 6697, T},
    {"afs3-fileserver", 7000, T | U},
    {"afs3-callback", 7001, T | U},
    {"font-service", 7100, T},
    {"http-alt", 8080, T | U},
    {"webcache", 8080, T},
    {"puppet", 8140, T},
    {"bacula-dir", 9101, T},
    {"bacula-fd", 9102, T},
    {"bacula-sd", 9103, T},
    {"git", 9418, T},
    {"webmin", 10000, T},
    {"zabbix-agent", 10050, T},
    {"zabbix-trapper", 10051, T},
    {"amanda", 10080, T | U},
    {"mongodb", 27017, T},
    {"csync2", 30865, T},
};

#undef T
#undef U

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static ipf_service_find_t find_on_machine;

void ipf_services_of_machine(ipf_service_find_t find)
{
    find_on_machine = find;
}

static bool find_in(const service_t *table, size_t count, const char *text, size_t length,
                    unsigned protos, uint16_t *port)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(table[i].name) != length || memcmp(table[i].name, text, length) != 0 ||
            (table[i].protos & protos) != protos)
            continue;
        *port = table[i].port;
        return true;
    }
    return false;
}

bool ipf_service_port(const char *text, size_t length, unsigned protos, uint16_t *port)
{
    return find_in(services, COUNT(services), text, length, protos, port) ||
           find_in(more_services, COUNT(more_services), text, length, protos, port) ||
           (find_on_machine != NULL && find_on_machine(text, length, protos, port));
}

const char *ipf_service_name(uint16_t port, unsigned protos)
{
    for (size_t i = 0; i < COUNT(services); i++) {
        if (services[i].port == port && (services[i].protos & protos) == protos)
            return services[i].name;
    }
    return NULL;
}

void ipf_service_each(void (*each)(void *arg, const char *name, uint16_t port, unsigned protos),
                      void *arg)
{
    for (size_t i = 0; i < COUNT(services); i++)
        each(arg, services[i].name, services[i].port, services[i].protos);
    for (size_t i = 0; i < COUNT(more_services); i++)
        each(arg, more_services[i].name, more_services[i].port, more_services[i].protos);
}

const char *ipf_service_near(const char *text, size_t length)
{
    ipf_near_t near = {.text = text, .length = length};
    for (size_t i = 0; i < COUNT(services); i++)
        ipf_near_consider(&near, services[i].name);
    for (size_t i = 0; i < COUNT(more_services); i++)
        ipf_near_consider(&near, more_services[i].name);
    return near.best;
}
