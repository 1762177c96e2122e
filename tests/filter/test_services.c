/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The built-in services, each with its port and its protocols: those that IANA has given, and
 * Solaris'.
 */
#include "filter/ipf_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char expected[] = "echo 7 tcp udp\n"
                               "discard 9 tcp udp\n"
                               "daytime 13 tcp udp\n"
                               "chargen 19 tcp udp\n"
                               "ftp-data 20 tcp\n"
                               "ftp 21 tcp\n"
                               "ssh 22 tcp\n"
                               "telnet 23 tcp\n"
                               "smtp 25 tcp\n"
                               "time 37 tcp udp\n"
                               "nameserver 42 udp\n"
                               "name 42 udp\n"
                               "domain 53 tcp udp\n"
                               "bootps 67 tcp udp\n"
                               "bootpc 68 tcp udp\n"
                               "tftp 69 udp\n"
                               "gopher 70 tcp\n"
                               "finger 79 tcp\n"
                               "http 80 tcp\n"
                               "www 80 tcp\n"
                               "kerberos 88 tcp udp\n"
                               "pop3 110 tcp\n"
                               "sunrpc 111 tcp udp\n"
                               "auth 113 tcp\n"
                               "ident 113 tcp\n"
                               "nntp 119 tcp\n"
                               "ntp 123 tcp udp\n"
                               "netbios-ns 137 tcp udp\n"
                               "netbios-dgm 138 tcp udp\n"
                               "netbios-ssn 139 tcp udp\n"
                               "imap 143 tcp\n"
                               "snmp 161 udp\n"
                               "snmp-trap 162 udp\n"
                               "bgp 179 tcp\n"
                               "irc 194 tcp udp\n"
                               "ldap 389 tcp udp\n"
                               "https 443 tcp\n"
                               "microsoft-ds 445 tcp udp\n"
                               "isakmp 500 udp\n"
                               "exec 512 tcp\n"
                               "biff 512 udp\n"
                               "login 513 tcp\n"
                               "who 513 udp\n"
                               "shell 514 tcp\n"
                               "syslog 514 udp\n"
                               "printer 515 tcp\n"
                               "route 520 udp\n"
                               "uucp 540 tcp\n"
                               "submission 587 tcp\n"
                               "ipp 631 tcp udp\n"
                               "ldaps 636 tcp udp\n"
                               "rsync 873 tcp\n"
                               "imaps 993 tcp\n"
                               "pop3s 995 tcp\n"
                               "socks 1080 tcp\n"
                               "nfsd 2049 tcp udp\n"
                               "nfs 2049 tcp udp\n"
                               "mysql 3306 tcp\n"
                               "lockd 4045 tcp udp\n"
                               "postgresql 5432 tcp\n"
                               "x11 6000 tcp\n"
                               "tcpmux 1 tcp\n"
                               "systat 11 tcp\n"
                               "netstat 15 tcp\n"
                               "qotd 17 tcp\n"
                               "whois 43 tcp\n"
                               "tacacs 49 tcp udp\n"
                               "hostnames 101 tcp\n"
                               "pop2 109 tcp\n"
                               "rpcbind 111 tcp udp\n"
                               "sftp 115 tcp\n"
                               "epmap 135 tcp udp\n"
                               "loc-srv 135 tcp udp\n"
                               "snmptrap 162 udp\n"
                               "xdmcp 177 udp\n"
                               "smux 199 tcp\n"
                               "z3950 210 tcp\n"
                               "ipx 213 tcp udp\n"
                               "svrloc 427 tcp udp\n"
                               "snpp 444 tcp\n"
                               "kpasswd 464 tcp udp\n"
                               "smtps 465 tcp\n"
                               "ssmtp 465 tcp\n"
                               "submissions 465 tcp\n"
                               "urd 465 tcp\n"
                               "saft 487 tcp\n"
                               "rwhod 513 udp\n"
                               "talk 517 udp\n"
                               "ntalk 518 udp\n"
                               "rip 520 udp\n"
                               "ripng 521 udp\n"
                               "timed 525 udp\n"
                               "klogin 543 tcp\n"
                               "kshell 544 tcp\n"
                               "dhcpv6-client 546 udp\n"
                               "dhcpv6-server 547 udp\n"
                               "afpovertcp 548 tcp\n"
                               "rtsp 554 tcp udp\n"
                               "nntps 563 tcp\n"
                               "nqs 607 tcp\n"
                               "kerberos-adm 749 tcp\n"
                               "swat 901 tcp\n"
                               "rndc 953 tcp\n"
                               "ftps-data 989 tcp\n"
                               "ftps 990 tcp\n"
                               "telnets 992 tcp\n"
                               "rmiregistry 1099 tcp\n"
                               "openvpn 1194 tcp udp\n"
                               "nessus 1241 tcp\n"
                               "lotusnote 1352 tcp\n"
                               "ms-sql-s 1433 tcp\n"
                               "ms-sql-m 1434 udp\n"
                               "ica 1494 tcp\n"
                               "wins 1512 tcp udp\n"
                               "ingreslock 1524 tcp\n"
                               "l2f 1701 udp\n"
                               "l2tp 1701 udp\n"
                               "pptp 1723 tcp\n"
                               "ms-streaming 1755 tcp\n"
                               "radius 1812 udp\n"
                               "radius-acct 1813 udp\n"
                               "ssdp 1900 udp\n"
                               "cvspserver 2401 tcp\n"
                               "icpv2 3130 udp\n"
                               "iscsi 3260 tcp\n"
                               "ms-wbt-server 3389 tcp\n"
                               "stun 3478 tcp udp\n"
                               "distcc 3632 tcp\n"
                               "svn 3690 tcp\n"
                               "epmd 4369 tcp\n"
                               "krb524 4444 tcp udp\n"
                               "iax 4569 udp\n"
                               "sip 5060 tcp udp\n"
                               "sip-tls 5061 tcp\n"
                               "xmpp-client 5222 tcp\n"
                               "xmpp-server 5269 tcp\n"
                               "stuns 5349 tcp udp\n"
                               "mdns 5353 udp\n"
                               "nrpe 5666 tcp\n"
                               "amqps 5671 tcp\n"
                               "amqp 5672 tcp\n"
                               "ircd 6667 tcp\n"
                               "ircs-u 6697 tcp\n"
                               "afs3-fileserver 7000 tcp udp\n"
                               "afs3-callback 7001 tcp udp\n"
                               "font-service 7100 tcp\n"
                               "http-alt 8080 tcp udp\n"
                               "webcache 8080 tcp\n"
                               "puppet 8140 tcp\n"
                               "bacula-dir 9101 tcp\n"
                               "bacula-fd 9102 tcp\n"
                               "bacula-sd 9103 tcp\n"
                               "git 9418 tcp\n"
                               "webmin 10000 tcp\n"
                               "zabbix-agent 10050 tcp\n"
                               "zabbix-trapper 10051 tcp\n"
                               "amanda 10080 tcp udp\n"
                               "mongodb 27017 tcp\n"
                               "csync2 30865 tcp\n";

typedef struct listing {
    char text[sizeof(expected) * 2];
    size_t length;
} listing_t;

static void add(void *arg, const char *name, uint16_t port, unsigned protos)
{
    listing_t *listing = arg;
    listing->length +=
        (size_t)snprintf(listing->text + listing->length, sizeof(listing->text) - listing->length,
                         "%s %u%s%s\n", name, port, (protos & IPF_SERVICE_TCP) != 0 ? " tcp" : "",
                         (protos & IPF_SERVICE_UDP) != 0 ? " udp" : "");
    assert_true(listing->length < sizeof(listing->text));
}

static void each_service_has_its_port_and_protocols(void **state)
{
    static listing_t listing;
    (void)state;
    ipf_service_each(add, &listing);
    assert_string_equal(listing.text, expected);
}

static void a_name_is_found_with_its_protocols_only(void **state)
{
    static const struct {
        const char *name;
        unsigned protos;
        uint16_t port; /* 0: there is none */
    } rows[] = {
        {"ssh", IPF_SERVICE_TCP, 22},
        {"ssh", IPF_SERVICE_UDP, 0},
        {"ssh", 0, 22},
        {"ss", 0, 0},
        {"sshd", 0, 0},
        {"echo", IPF_SERVICE_TCP | IPF_SERVICE_UDP, 7},
        {"ssh", IPF_SERVICE_TCP | IPF_SERVICE_UDP, 0},
        {"git", IPF_SERVICE_TCP, 9418},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t port = 0;
        bool found = ipf_service_port(rows[i].name, strlen(rows[i].name), rows[i].protos, &port);
        assert_int_equal(found, rows[i].port != 0);
        assert_int_equal(port, rows[i].port);
    }
    assert_string_equal(ipf_service_name(22, IPF_SERVICE_TCP), "ssh");
    assert_null(ipf_service_name(22, IPF_SERVICE_UDP));
    assert_null(ipf_service_name(9418, IPF_SERVICE_TCP)); /* it is read, and never printed */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_service_has_its_port_and_protocols),
        cmocka_unit_test(a_name_is_found_with_its_protocols_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
