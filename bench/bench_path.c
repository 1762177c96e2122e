/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Does one kind of work N times: for callgrind, which counts the instructions of N and of 2N, and
 * for a clock. Each work of ours has its counterpart in bare lwIP on the shortest possible loop.
 *
 * usage: bench_path WORK N; lists the works without arguments. bench/instructions.sh compares them.
 */
#include "bench/measure.h"
#include "filter/ipf.h"
#include "stack/tcp_endpoint.h"

#include "lwip/inet_chksum.h"
#include "lwip/ip.h"

#include <stdio.h>

static const uint64_t syns_us[] = {0, 3375000, 10125000, 23625000};
static const ip_build_t build = {.ib_syns = {syns_us, 4, 30000000}};

#define CHUNK 32768

static const char return_rst[] = "block return-rst in on lo0 proto tcp from any to any port = 22\n";
static const char block[] = "block in on lo0 proto tcp from any to any port = 22\n";
static const char pass[] = "pass in on lo0 proto tcp from any to any port = 23\n";

typedef struct host {
    vclock_t *clock;
    ip_stack_t *ips;
    ipf_stack_t *ifs;
} host_t;

static uint8_t data[CHUNK];

static void die(const char *what)
{
    fprintf(stderr, "bench_path: %s\n", what);
    exit(3);
}

static void check(bool holds, const char *what)
{
    if (!holds)
        die(what);
}

static host_t make_host(const char *rules)
{
    host_t host = {.clock = vclock_create()};
    ipf_error_t error;
    host.ips = ip_stack_create(host.clock, 1, &build);
    if (rules == NULL)
        return host;
    host.ifs = ipf_create();
    ipf_attach(host.ifs, ip_stack_net(host.ips, NHF_INET), ip_stack_net(host.ips, NHF_INET6));
    check(ipf_load(host.ifs, rules, strlen(rules), NULL, &error) == 0, error.message);
    fr_setipfloopback(host.ifs, true);
    return host;
}

static void end_host(host_t *host)
{
    if (host->ifs != NULL)
        ipf_destroy(host->ifs);
    ip_stack_destroy(host->ips);
    vclock_destroy(host->clock);
}

/* ---- ours ---- */

static sonode_t *connect_to(host_t *host, uint16_t port, int expected)
{
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *so;
    check(so_connect(host->ips, &lo, port, &so) == EINPROGRESS, "connect did not begin");
    while (so_connect_error(so) == EINPROGRESS && vclock_run_next(host->clock))
        continue;
    check(so_connect_error(so) == expected, "connect ended otherwise");
    return so;
}

static void ours_connect(const char *rules, int expected, unsigned long n)
{
    host_t host = make_host(rules);
    while (n-- > 0)
        so_close(connect_to(&host, 22, expected));
    end_host(&host);
}

static void refused(unsigned long n)
{
    ours_connect(NULL, ECONNREFUSED, n);
}

static void refused_filter(unsigned long n)
{
    ours_connect(return_rst, ECONNREFUSED, n);
}

static void timeout_filter(unsigned long n)
{
    ours_connect(block, ETIMEDOUT, n);
}

static void run_idle(host_t *host)
{
    uint64_t at_us;
    while (vclock_next(host->clock, &at_us) && at_us <= vclock_now(host->clock))
        vclock_run_next(host->clock);
}

static void ours_accept(const char *rules, unsigned long n)
{
    host_t host = make_host(rules);
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *listener, *server;
    check(so_listen(host.ips, &lo, 22, 5, &listener) == 0, "listen");
    while (n-- > 0) {
        sonode_t *client = connect_to(&host, 22, 0);
        run_idle(&host);
        check(so_accept(listener, &server) == 0, "accept");
        so_close(client);
        run_idle(&host);
        so_close(server);
        while (host.ips->ips_tw_first == NULL && vclock_run_next(host.clock))
            continue;
        run_idle(&host);
        stack_enter(host.ips);
        while (host.ips->ips_tw_first != NULL)
            tcp_time_wait_end(host.ips, tcp_time_wait_next(host.ips, NULL));
        stack_leave(host.ips);
    }
    so_close(listener);
    end_host(&host);
}

static void accept_close(unsigned long n)
{
    ours_accept(NULL, n);
}

static void accept_filter(unsigned long n)
{
    ours_accept(pass, n);
}

static void take(sonode_t *so, size_t *taken)
{
    static uint8_t buffer[CHUNK];
    size_t got;
    while (so_recv(so, buffer, sizeof(buffer), &got) == 0 && got > 0)
        *taken += got;
}

/* N chunks, unfused: in a build without fusion, data goes through IP and the hooks. */
static void ours_bulk(const char *rules, unsigned long n)
{
    host_t host = make_host(rules);
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *listener, *server;
    size_t left = n * CHUNK, taken = 0, sent, all = left;
    check(so_listen(host.ips, &lo, 22, 5, &listener) == 0, "listen");
    sonode_t *client = connect_to(&host, 22, 0);
    run_idle(&host);
    check(so_accept(listener, &server) == 0, "accept");
    while (taken < all) {
        int error = left > 0 ? so_send(client, data, left < CHUNK ? left : CHUNK, &sent) : EAGAIN;
        if (error == 0)
            left -= sent;
        else
            check(error == EAGAIN && vclock_run_next(host.clock), "send");
        take(server, &taken);
    }
    so_close(client);
    so_close(server);
    so_close(listener);
    end_host(&host);
}

static void bulk(unsigned long n)
{
    ours_bulk(NULL, n);
}

static void bulk_filter(unsigned long n)
{
    ours_bulk(pass, n);
}

/* N connections that exist at the same time, on one port. */
static void ours_many(bool close, unsigned long n)
{
    host_t host = make_host(NULL);
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *listener, **sockets = calloc(2 * n, sizeof(sonode_t *));
    check(so_listen(host.ips, &lo, 22, 255, &listener) == 0, "listen");
    for (unsigned long i = 0; i < n; i++) {
        sockets[2 * i] = connect_to(&host, 22, 0);
        run_idle(&host);
        check(so_accept(listener, &sockets[2 * i + 1]) == 0, "accept");
    }
    for (unsigned long i = 0; close && i < 2 * n; i++) {
        so_close(sockets[i]);
        run_idle(&host);
    }
    while (close && vclock_run_next(host.clock)) /* until TIME_WAIT is over */
        continue;
    free(sockets);
    end_host(&host);
}

static void many(unsigned long n)
{
    ours_many(false, n);
}

static void many_closed(unsigned long n)
{
    ours_many(true, n);
}

#define MANY_PORTS 4

/* N connections at the same time over several ports, from ports that the clients have chosen: each
 * of these is used for all of the servers' ports. */
static void many_ports(unsigned long n)
{
    host_t host = make_host(NULL);
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *listeners[MANY_PORTS], *client, *server;
    check(n <= MANY_PORTS * 60000ul, "too many");
    for (uint16_t i = 0; i < MANY_PORTS; i++)
        check(so_listen(host.ips, &lo, 22 + i, 255, &listeners[i]) == 0, "listen");
    for (unsigned long i = 0; i < n; i++) {
        ip_endpoint_t local = {lo, (uint16_t)(1024 + i / MANY_PORTS)};
        ip_endpoint_t remote = {lo, (uint16_t)(22 + i % MANY_PORTS)};
        check(so_socket(host.ips, AF_INET, SO_KIND_STREAM, &client) == 0, "socket");
        check(so_set_option(client, SO_OPT_REUSEADDR, 1) == 0, "setsockopt");
        check(so_bind(client, &local) == 0, "bind");
        check(so_connect_to(client, &remote) == EINPROGRESS, "connect did not begin");
        run_idle(&host);
        check(so_accept(listeners[i % MANY_PORTS], &server) == 0, "accept");
    }
    end_host(&host);
}

/* ---- bare lwIP ---- */

static struct pbuf *queue[256];
static size_t queue_head, queue_tail, bare_taken;
static bool bare_drops;
static err_t bare_error;
static struct tcp_pcb *bare_server;

static err_t bare_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
    (void)netif;
    (void)address;
    if (!bare_drops)
        queue[queue_tail++ % 256] = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    return ERR_OK;
}

static void bare_failed(void *arg, err_t err)
{
    (void)arg;
    bare_error = err;
}

static err_t bare_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg;
    (void)err;
    if (p == NULL)
        return ERR_OK;
    static uint8_t buffer[CHUNK];
    pbuf_copy_partial(p, buffer, p->tot_len, 0);
    bare_taken += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t bare_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)err;
    bare_server = pcb;
    tcp_recv(pcb, bare_recv);
    return ERR_OK;
}

static host_t bare_begin(void)
{
    host_t host = make_host(NULL);
    stack_enter(host.ips);
    host.ips->ips_ills[0].ill_netif.output = bare_output;
    return host;
}

static void bare_end(host_t *host)
{
    stack_leave(host->ips);
    end_host(host);
}

static struct tcp_pcb *bare_connect(uint16_t port)
{
    ip_addr_t lo = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct tcp_pcb *pcb = tcp_new();
    bare_error = ERR_OK;
    tcp_err(pcb, bare_failed);
    tcp_bind(pcb, &lo, port);
    tcp_connect(pcb, &lo, 22, NULL);
    return pcb;
}

/* What lwIP does with CHECKSUM_CHECK_IP and CHECKSUM_CHECK_TCP. They are off here, since our path
 * verifies the checksums; so a fair baseline does it separately. */
static void bare_verify(struct pbuf *p)
{
    const struct ip_hdr *iph = p->payload;
    ip4_addr_t src, dst;
    ip4_addr_copy(src, iph->src);
    ip4_addr_copy(dst, iph->dest);
    check(inet_chksum(iph, IP_HLEN) == 0, "bare lwIP's IP checksum");
    pbuf_remove_header(p, IP_HLEN);
    check(inet_chksum_pseudo(p, IP_PROTO_TCP, p->tot_len, &src, &dst) == 0,
          "bare lwIP's TCP checksum");
    pbuf_add_header(p, IP_HLEN);
}

static void bare_run(host_t *host)
{
    while (queue_head != queue_tail) {
        struct pbuf *p = queue[queue_head++ % 256];
        bare_verify(p);
        ip_input(p, &host->ips->ips_ills[0].ill_netif);
    }
}

static uint16_t bare_port(unsigned long n)
{
    return (uint16_t)(32768 + n % 32768);
}

static void bare_refused(unsigned long n)
{
    host_t host = bare_begin();
    while (n-- > 0) {
        bare_connect(bare_port(n));
        bare_run(&host);
        check(bare_error == ERR_RST, "bare lwIP was not refused");
    }
    bare_end(&host);
}

static void bare_timeout(unsigned long n)
{
    host_t host = bare_begin();
    bare_drops = true;
    while (n-- > 0) {
        struct tcp_pcb *pcb = bare_connect(bare_port(n));
        for (int i = 0; i < 120; i++) /* 30 s of 250 ms */
            tcp_tmr();
        tcp_abandon(pcb, 0);
    }
    bare_end(&host);
}

static struct tcp_pcb *bare_listen(void)
{
    ip_addr_t lo = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct tcp_pcb *pcb = tcp_new();
    tcp_bind(pcb, &lo, 22);
    pcb = tcp_listen_with_backlog(pcb, 5);
    tcp_accept(pcb, bare_accept);
    return pcb;
}

static void bare_accept_close(unsigned long n)
{
    host_t host = bare_begin();
    struct tcp_pcb *listener = bare_listen();
    while (n-- > 0) {
        struct tcp_pcb *pcb = bare_connect(bare_port(n));
        tcp_recv(pcb, bare_recv);
        bare_run(&host);
        tcp_close(pcb);
        bare_run(&host);
        tcp_close(bare_server);
        bare_run(&host);
        check(tcp_active_pcbs == NULL && tcp_tw_pcbs != NULL, "bare lwIP did not close");
        while (tcp_tw_pcbs != NULL)
            tcp_abort(tcp_tw_pcbs);
    }
    tcp_close(listener);
    bare_end(&host);
}

static void bare_bulk(unsigned long n)
{
    host_t host = bare_begin();
    struct tcp_pcb *listener = bare_listen();
    size_t left = n * CHUNK, all = left;
    struct tcp_pcb *pcb = bare_connect(40000);
    bare_run(&host);
    while (bare_taken < all) {
        size_t room = tcp_sndbuf(pcb), chunk = left < CHUNK ? left : CHUNK;
        chunk = chunk < room ? chunk : room;
        if (chunk > 0 && tcp_write(pcb, data, (u16_t)chunk, TCP_WRITE_FLAG_COPY) == ERR_OK)
            left -= chunk;
        tcp_output(pcb);
        if (queue_head == queue_tail)
            tcp_tmr();
        bare_run(&host);
    }
    tcp_close(listener);
    bare_end(&host);
}

/* ---- which ---- */

static const struct {
    const char *name;
    void (*func)(unsigned long n);
} works[] = {{"bare-refused", bare_refused},     {"refused", refused},
             {"refused-filter", refused_filter}, {"bare-accept", bare_accept_close},
             {"accept", accept_close},           {"accept-filter", accept_filter},
             {"bare-timeout", bare_timeout},     {"timeout-filter", timeout_filter},
             {"bare-bulk", bare_bulk},           {"bulk", bulk},
             {"bulk-filter", bulk_filter},       {"many", many},
             {"many-closed", many_closed},       {"many-ports", many_ports}};

int main(int argc, char **argv)
{
    unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        if (n == 0) {
            printf("%s\n", works[i].name);
        } else if (strcmp(argv[1], works[i].name) == 0) {
            double start = now_s();
            works[i].func(n);
            printf("%s: %.3f us each\n", works[i].name, (now_s() - start) * 1e6 / (double)n);
            return 0;
        }
    }
    return n == 0 ? 0 : (die("no such work"), 3);
}
