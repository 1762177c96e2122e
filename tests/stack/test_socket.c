/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The socket layer: the connect timer to the millisecond, and the errno by state and cause.
 */
#include "tests/stack/host.h"

#include <arpa/inet.h>

enum { SYN = 0x02, RST = 0x04, ACK = 0x10, FIN = 0x01 };

static void connect_to_a_port_without_listener_is_refused_at_once(void **state)
{
    host_t *host = *state;
    sonode_t *so;
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    run_connect(host, so);
    assert_int_equal(so_connect_error(so), ECONNREFUSED);
    assert_int_equal(vclock_now(host->clock), 0);
    so_close(so);
}

static void connect_without_any_answer_times_out_at_30_s_after_four_syns(void **state)
{
    host_t *host = *state;
    eater_t eater = {.mask = SYN, .flags = SYN};
    sonode_t *so;
    eat(host, NH_LOOPBACK_OUT, &eater);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    run_connect(host, so);
    assert_int_equal(so_connect_error(so), ETIMEDOUT);
    assert_int_equal(vclock_now(host->clock), 30000000);
    assert_int_equal(eater.count, 4);
    assert_int_equal(log_count(host, "0.000 ip_wput_ire flags 2"), 1);
    assert_int_equal(log_count(host, "3.375 ip_wput_ire flags 2"), 1);
    assert_int_equal(log_count(host, "10.125 ip_wput_ire flags 2"), 1);
    assert_int_equal(log_count(host, "23.625 ip_wput_ire flags 2"), 1);
    assert_int_equal(log_count(host, "ip_wput_ire"), 4);
    so_close(so);
}

static void the_third_syn_connects_when_two_are_lost(void **state)
{
    host_t *host = *state;
    eater_t eater = {.mask = SYN, .flags = SYN, .limit = 2};
    sonode_t *listener, *so;
    eat(host, NH_LOOPBACK_OUT, &eater);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    run_connect(host, so);
    assert_int_equal(so_connect_error(so), 0);
    assert_int_equal(vclock_now(host->clock), 10125000);
    so_close(so);
    so_close(listener);
}

static void connecting_to_the_unspecified_address_means_loopback(void **state)
{
    host_t *host = *state;
    static const char *const rows[][2] = {{"0.0.0.0", "127.0.0.1"}, {"::", "::1"}};
    for (size_t i = 0; i < 2; i++) {
        in6_addr_t any = address_of(rows[i][0]), expected = address_of(rows[i][1]);
        sonode_t *so;
        assert_int_equal(so_connect(host->ips, &any, 22, &so), EINPROGRESS);
        in6_addr_t remote = so_remote(so).ie_addr;
        assert_true(ip_address_same(&remote, &expected));
        run_connect(host, so);
        assert_int_equal(so_connect_error(so), ECONNREFUSED);
        so_close(so);
    }
}

static void addresses_and_ports_that_cannot_be_used_are_refused_before_any_packet(void **state)
{
    host_t *host = *state;
    in6_addr_t elsewhere = address_of("10.0.0.1"), second = address_of("127.0.0.2");
    in6_addr_t any = address_of("0.0.0.0"), elsewhere6 = address_of("2001:db8::1");
    sonode_t *so, *other;
    assert_int_equal(so_connect(host->ips, &elsewhere, 22, &so), ENETUNREACH);
    assert_int_equal(so_connect(host->ips, &elsewhere6, 22, &so), ENETUNREACH);
    assert_int_equal(so_connect(host->ips, &second, 22, &so), ENETUNREACH);
    assert_int_equal(so_connect(host->ips, &loopback, 0, &so), EINVAL);
    assert_int_equal(so_listen(host->ips, &elsewhere, 22, 5, &so), EADDRNOTAVAIL);
    assert_int_equal(so_listen(host->ips, &loopback, 0, 5, &so), EINVAL);
    static const struct {
        int backlog, error;
    } backlogs[] = {{-1, EINVAL}, {0, 0}, {1, 0}, {255, 0}, {4096, 0}};
    for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
        assert_int_equal(so_listen(host->ips, &loopback, 22, backlogs[i].backlog, &so),
                         backlogs[i].error);
        if (backlogs[i].error == 0)
            so_close(so);
    }
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &so), 0);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &other), EADDRINUSE);
    assert_int_equal(so_listen(host->ips, &any, 22, 5, &other), EADDRINUSE);
    assert_int_equal(so_listen(host->ips, &loopback, 23, 5, &other), 0);
    so_close(so);
    so_close(other);
    assert_int_equal(log_count(host, "ip_wput_ire"), 0);
}

static void who_could_not_begin_to_connect_has_no_peer(void **state)
{
    static const char *const rows[] = {"10.0.0.1", "2001:db8::1"};
    host_t *host = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sonode_t *so;
        int family = i == 0 ? AF_INET : AF_INET6;
        assert_int_equal(so_socket(host->ips, family, SO_KIND_STREAM, &so), 0);
        assert_int_equal(so_connect_to(so, &(ip_endpoint_t){address_of(rows[i]), 22}), ENETUNREACH);
        ip_endpoint_t peer = so_remote(so);
        assert_true(ip_address_is_any(&peer.ie_addr));
        assert_int_equal(ip_address_family(&peer.ie_addr), family);
        assert_int_equal(peer.ie_port, 0);
        so_close(so);
    }
}

/* Binds a socket without SO_REUSEADDR, and closes it. => Returns the error. */
static int bind_at(host_t *host, uint16_t port)
{
    sonode_t *so;
    assert_int_equal(so_socket(host->ips, AF_INET, SO_KIND_STREAM, &so), 0);
    int error = so_bind(so, &(ip_endpoint_t){loopback, port});
    so_close(so);
    return error;
}

/* More than the hashes have chains for at first: 512. */
static void each_of_many_ports_is_kept_by_the_connection_that_is_left_over_on_it(void **state)
{
    enum { MANY = 1500 };
    host_t *host = *state;
    static sonode_t *clients[MANY];
    sonode_t *listener, *server;
    ip_endpoint_t own = {loopback, 0};
    assert_int_equal(so_listen(host->ips, &loopback, 22, 255, &listener), 0);
    for (uint16_t i = 0; i < MANY; i++) {
        own.ie_port = 1000 + i;
        assert_int_equal(so_connect_from(host->ips, &own, &loopback, 22, &clients[i]), EINPROGRESS);
        run_until(host, vclock_now(host->clock));
        assert_int_equal(so_accept(listener, &server), 0);
        so_close(clients[i]);
        run_until(host, vclock_now(host->clock));
        so_close(server);
        run_until(host, vclock_now(host->clock));
    }
    so_close(listener);
    for (uint16_t i = 0; i < MANY; i++)
        assert_int_equal(bind_at(host, 1000 + i), EADDRINUSE);
    assert_int_equal(bind_at(host, 1000 + MANY), 0);
    run_until(host, vclock_now(host->clock) + 600000000);
    for (uint16_t i = 0; i < MANY; i++)
        assert_int_equal(bind_at(host, 1000 + i), 0);
}

static void data_and_the_end_of_the_stream_arrive_in_both_directions(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    char buffer[100];
    size_t n;
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), EAGAIN);
    assert_int_equal(so_send(client, "hello", 5, &n), 0);
    assert_int_equal(n, 5);
    run_until(host, vclock_now(host->clock));
    assert_int_equal(so_recv(server, buffer, 3, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 2);
    assert_memory_equal(buffer, "lo", 2);

    assert_int_equal(so_shutdown(client), 0);
    assert_int_equal(so_shutdown(client), 0);
    assert_int_equal(so_send(client, "x", 1, &n), EPIPE);
    run_until(host, vclock_now(host->clock));
    assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(so_send(server, "bye", 3, &n), 0);
    so_close(server);
    run_until(host, vclock_now(host->clock) + 5000000);
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 0);
    so_close(client);
    so_close(listener);
}

static void more_data_than_the_window_waits_for_the_reader(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    static char chunk[65536];
    size_t n, sent = 0, received = 0;
    connect_pair(host, &listener, &client, &server);
    while (sent < 400000 || received < sent) {
        size_t want = 400000 - sent < sizeof(chunk) ? 400000 - sent : sizeof(chunk);
        while (want > 0 && so_send(client, chunk, want, &n) == 0) {
            sent += n;
            want = 400000 - sent < sizeof(chunk) ? 400000 - sent : sizeof(chunk);
        }
        run_until(host, vclock_now(host->clock) + 300000);
        while (so_recv(server, chunk, sizeof(chunk), &n) == 0 && n > 0)
            received += n;
        assert_true(vclock_now(host->clock) < 60000000 + 1);
        if (!vclock_run_next(host->clock) && received == sent && sent < 400000)
            continue;
    }
    assert_int_equal(received, 400000);
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void an_error_is_reported_once_and_then_the_stream_is_at_its_end(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    char buffer[10];
    size_t n;
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_send(client, "unread", 6, &n), 0);
    run_until(host, vclock_now(host->clock));
    so_close(server); /* with data unread: a RST */
    run_until(host, vclock_now(host->clock));
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), ECONNRESET);
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(so_send(client, "x", 1, &n), EPIPE);
    so_close(client);
    so_close(listener);
}

static void lost_data_is_sent_again_after_the_connect_was_slow(void **state)
{
    host_t *host = *state;
    eater_t syns = {.mask = SYN, .flags = SYN, .limit = 1};
    eater_t data = {.mask = 0x08, .flags = 0x08, .limit = 1};
    sonode_t *listener, *client, *server;
    char buffer[10];
    size_t n;
    eat(host, NH_LOOPBACK_OUT, &syns);
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(vclock_now(host->clock), 3375000);
    eat(host, NH_LOOPBACK_IN, &data);
    assert_int_equal(so_send(client, "again", 5, &n), 0);
    run_until(host, vclock_now(host->clock) + 10000000);
    assert_int_equal(data.count, 1);
    assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 5);
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void a_connection_that_dies_before_accept_is_forgotten(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    size_t n;
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &client), EINPROGRESS);
    run_connect(host, client);
    run_until(host, vclock_now(host->clock));
    assert_int_equal(so_count(host->ips), 3);
    assert_int_equal(so_send(client, "x", 1, &n), 0);
    run_until(host, vclock_now(host->clock));
    so_close(listener); /* resets the connections that were not accepted */
    run_until(host, vclock_now(host->clock));
    char buffer[10];
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), ECONNRESET);
    assert_int_equal(so_count(host->ips), 1);
    (void)server;
    so_close(client);
}

static void a_full_backlog_ignores_the_syn(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *first, *second, *server;
    assert_int_equal(so_listen(host->ips, &loopback, 22, 1, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &first), EINPROGRESS);
    run_connect(host, first);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &second), EINPROGRESS);
    run_until(host, 1000000);
    assert_int_equal(so_connect_error(second), EINPROGRESS);
    assert_int_equal(so_accept(listener, &server), 0);
    run_connect(host, second);
    assert_int_equal(so_connect_error(second), 0);
    assert_int_equal(vclock_now(host->clock), 3375000);
    so_close(first);
    so_close(second);
    so_close(server);
    so_close(listener);
}

static void a_socket_outlives_its_endpoint_in_time_wait(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    char buffer[10];
    size_t n;
    connect_pair(host, &listener, &client, &server);
    so_shutdown(client);
    run_until(host, vclock_now(host->clock));
    so_close(server);
    run_until(host, 300000000);
    assert_int_equal(so_recv(client, buffer, sizeof(buffer), &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(so_send(client, "x", 1, &n), EPIPE);
    so_close(client);
    so_close(listener);
}

static void the_clock_has_nothing_to_do_for_idle_connections(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    uint64_t next;
    connect_pair(host, &listener, &client, &server);
    run_until(host, 10000000);
    assert_false(vclock_next(host->clock, &next));
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void two_hosts_on_one_clock_know_nothing_of_each_other(void **state)
{
    host_t *host = *state;
    ip_stack_t *other = ip_stack_create(host->clock, 2, &post_build);
    sonode_t *listener, *here, *there;
    assert_int_equal(so_listen(other, &loopback, 22, 5, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &here), EINPROGRESS);
    assert_int_equal(so_connect(other, &loopback, 22, &there), EINPROGRESS);
    run_until(host, 0);
    assert_int_equal(so_connect_error(here), ECONNREFUSED);
    assert_int_equal(so_connect_error(there), 0);
    char leak[100];
    assert_true(ip_stack_drain(other, leak, sizeof(leak)));
    ip_stack_destroy(other);
    so_close(here);
}

typedef struct listing {
    char text[1000];
} listing_t;

static void put_endpoint(void *arg, const so_endpoint_t *endpoint)
{
    listing_t *listing = arg;
    size_t used = strlen(listing->text);
    snprintf(listing->text + used, sizeof(listing->text) - used, "%s %s%s\n", endpoint->proto,
             endpoint->state != NULL ? endpoint->state : "-", endpoint->fused ? " fused" : "");
}

/* Each endpoint's protocol and state, one a line. */
static const char *list(const host_t *host)
{
    static listing_t listing;
    listing.text[0] = '\0';
    assert_true(so_list(host->ips, put_endpoint, &listing));
    return listing.text;
}

static void the_list_of_endpoints_has_those_that_no_socket_has_any_more(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server, *udp;
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_udp(host->ips, &loopback, 53, &udp), 0);
    assert_string_equal(list(host), "tcp LISTEN\ntcp ESTABLISHED\ntcp ESTABLISHED\nudp -\n");
    so_close(client);
    run_until(host, 0);
    assert_non_null(strstr(list(host), "tcp FIN_WAIT_2\n"));
    assert_non_null(strstr(list(host), "tcp CLOSE_WAIT\n"));
    so_close(server);
    run_until(host, 0);
    so_close(udp);
    assert_string_equal(list(host), "tcp LISTEN\ntcp TIME_WAIT\n");
    so_close(listener);
    assert_string_equal(list(host), "tcp TIME_WAIT\n");
}

/* tcp_fin_wait_2_flush_interval, for an endpoint that is closed and can read no more. */
static void fin_wait_2_ends_after_675_seconds_if_its_socket_is_gone(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    connect_pair(host, &listener, &client, &server);
    so_close(client);
    run_until(host, 674000000);
    assert_non_null(strstr(list(host), "tcp FIN_WAIT_2\n"));
    run_until(host, 675000000);
    assert_null(strstr(list(host), "tcp FIN_WAIT_2\n"));
    so_close(server);
    so_close(listener);
}

/* Who has only said that it sends no more may read for ever, and needs no tick for it. */
static void fin_wait_2_does_not_end_while_its_socket_can_read(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    uint64_t next;
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_shutdown(client), 0);
    run_until(host, 600000000);
    assert_non_null(strstr(list(host), "tcp FIN_WAIT_2\n"));
    assert_false(vclock_next(host->clock, &next));
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void the_endpoints_of_a_host_that_is_not_in_place_are_not_listed(void **state)
{
    host_t *host = *state;
    listing_t listing = {""};
    sonode_t *so;
    ip_stack_t *other = ip_stack_create(host->clock, 2, &post_build);
    assert_non_null(other);
    assert_int_equal(so_udp(host->ips, &loopback, 53, &so), 0);
    assert_false(so_list(other, put_endpoint, &listing));
    assert_string_equal(listing.text, "");
    so_close(so);
    ip_stack_destroy(other);
}

/* ---- called from inside ---- */

typedef struct nested {
    host_t *host;
    hook_t hook;
    sonode_t *so[6];
    size_t count;
} nested_t;

static int connect_inside(hook_event_token_t token, hook_data_t data, void *arg)
{
    nested_t *nested = arg;
    (void)token, (void)data;
    if (nested->count < 6) {
        sonode_t **so = &nested->so[nested->count++];
        assert_int_equal(so_connect(nested->host->ips, &loopback, 22, so), EINPROGRESS);
        so_settle(*so); /* does nothing here */
    }
    return 0;
}

/* Seven connects, each begun while the one before is sending its SYN. All of them are found. */
static void a_hook_may_connect_while_a_connect_is_sending(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *child;
    nested_t nested = {.host = host};
    nested.hook = (hook_t){
        .h_version = HOOK_VERSION, .h_func = connect_inside, .h_name = "nested", .h_arg = &nested};
    assert_int_equal(so_listen(host->ips, &loopback, 22, 10, &listener), 0);
    assert_int_equal(
        net_hook_register(ip_stack_net(host->ips, NHF_INET), NH_LOOPBACK_OUT, &nested.hook), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &client), EINPROGRESS);
    run_until(host, 0);
    assert_int_equal(nested.count, 6);
    assert_int_equal(so_connect_error(client), 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(so_connect_error(nested.so[i]), 0);
    for (size_t i = 0; i < 7; i++) {
        size_t n;
        char byte;
        assert_int_equal(so_accept(listener, &child), 0);
        sonode_t *peer = i == 0 ? client : nested.so[i - 1];
        assert_int_equal(so_send(peer, "x", 1, &n), 0);
        run_until(host, 0);
        so_recv(child, &byte, 1, &n);
        so_close(child);
        so_close(peer);
        run_until(host, 0);
    }
    so_close(listener);
}

/* ---- seen from inside ---- */

typedef struct inside {
    ip_stack_t *ips, *other;
    unsigned least, events, without; /* without `least` endpoints in the list */
} inside_t;

static void count_one(void *arg, const so_endpoint_t *endpoint)
{
    (void)endpoint;
    (*(unsigned *)arg)++;
}

static void look_inside(void *arg, const ip_event_t *e)
{
    inside_t *inside = arg;
    unsigned count = 0, others = 0;
    (void)e;
    inside->events++;
    assert_true(so_list(inside->ips, count_one, &count));
    inside->without += count < inside->least;
    assert_false(so_list(inside->other, count_one, &others)); /* it is not the one at work */
    assert_int_equal(others, 0);
}

/* Also while lwIP has a segment and sees no connections: one is there all the time. */
static void a_probe_can_list_the_endpoints_of_the_host_at_work(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server, *idle[2];
    size_t n;
    inside_t inside = {
        .ips = host->ips, .other = ip_stack_create(host->clock, 5, &post_build), .least = 3};
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &idle[0]), EINPROGRESS);
    run_connect(host, idle[0]);
    run_until(host, 0);
    assert_int_equal(so_accept(listener, &idle[1]), 0);
    ip_stack_set_probe(host->ips, look_inside, &inside);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &client), EINPROGRESS);
    run_connect(host, client);
    run_until(host, 0);
    assert_int_equal(so_accept(listener, &server), 0);
    assert_int_equal(so_send(client, "x", 1, &n), 0);
    run_until(host, 0);
    so_close(client);
    run_until(host, 0);
    so_close(server);
    run_until(host, 0);
    assert_true(inside.events > 30);
    assert_int_equal(inside.without, 0);
    ip_stack_set_probe(host->ips, NULL, NULL);
    so_close(idle[0]);
    so_close(idle[1]);
    so_close(listener);
    ip_stack_destroy(inside.other);
}

/* What the hosts share is put back as it was: whose variables lwIP has, and what is in them. */
static void what_hosts_share_can_be_saved_and_put_back(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    char before[1000];
    unsigned count = 0;
    ip_stack_t *other = ip_stack_create(host->clock, 5, &post_build);
    connect_pair(host, &listener, &client, &server); /* the host is in place */
    strcpy(before, list(host));
    uint8_t *saved = malloc(ip_stack_shared_size());
    ip_stack_shared_save(saved);
    assert_true(so_list_now(other, count_one, &count)); /* now the other is */
    assert_int_equal(count, 0);
    ip_stack_shared_restore(saved);
    assert_string_equal(list(host), before);
    so_close(client);
    run_until(host, 0);
    assert_non_null(strstr(list(host), "FIN_WAIT_2"));
    free(saved);
    so_close(server);
    so_close(listener);
    ip_stack_destroy(other);
}

int main(void)
{
#define HOST_TEST(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        HOST_TEST(connect_to_a_port_without_listener_is_refused_at_once),
        HOST_TEST(connect_without_any_answer_times_out_at_30_s_after_four_syns),
        HOST_TEST(the_third_syn_connects_when_two_are_lost),
        HOST_TEST(connecting_to_the_unspecified_address_means_loopback),
        HOST_TEST(addresses_and_ports_that_cannot_be_used_are_refused_before_any_packet),
        HOST_TEST(who_could_not_begin_to_connect_has_no_peer),
        HOST_TEST(each_of_many_ports_is_kept_by_the_connection_that_is_left_over_on_it),
        HOST_TEST(data_and_the_end_of_the_stream_arrive_in_both_directions),
        HOST_TEST(more_data_than_the_window_waits_for_the_reader),
        HOST_TEST(an_error_is_reported_once_and_then_the_stream_is_at_its_end),
        HOST_TEST(lost_data_is_sent_again_after_the_connect_was_slow),
        HOST_TEST(a_connection_that_dies_before_accept_is_forgotten),
        HOST_TEST(a_full_backlog_ignores_the_syn),
        HOST_TEST(a_socket_outlives_its_endpoint_in_time_wait),
        HOST_TEST(the_clock_has_nothing_to_do_for_idle_connections),
        HOST_TEST(two_hosts_on_one_clock_know_nothing_of_each_other),
        HOST_TEST(fin_wait_2_ends_after_675_seconds_if_its_socket_is_gone),
        HOST_TEST(fin_wait_2_does_not_end_while_its_socket_can_read),
        HOST_TEST(the_list_of_endpoints_has_those_that_no_socket_has_any_more),
        HOST_TEST(the_endpoints_of_a_host_that_is_not_in_place_are_not_listed),
        HOST_TEST(a_hook_may_connect_while_a_connect_is_sending),
        HOST_TEST(a_probe_can_list_the_endpoints_of_the_host_at_work),
        HOST_TEST(what_hosts_share_can_be_saved_and_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
