/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/scene.h"

const char *const state_names[] = {"LISTEN",     "SYN_SENT",   "SYN_RCVD",   "ESTABLISHED",
                                   "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
                                   "LAST_ACK",   "TIME_WAIT",  "CLOSED"};

void scene_start(scene_t *s, void **own, bool v6)
{
    host_setup(own);
    *s = (scene_t){.host = *own};
    s->address = ip_address_loopback(v6 ? AF_INET6 : AF_INET);
}

void scene_end(scene_t *s, void **own)
{
    so_close(s->client);
    so_close(s->server);
    so_close(s->listener);
    assert_int_equal(host_teardown(own), 0);
}

void scene_run_now(scene_t *s)
{
    run_until(s->host, vclock_now(s->host->clock));
}

void scene_eat(scene_t *s, unsigned sides, uint8_t mask, uint8_t flags)
{
    s->watch.eats = (uint8_t)sides;
    s->watch.mask = mask;
    s->watch.flags = flags;
}

void scene_begin(scene_t *s)
{
    assert_int_equal(so_listen(s->host->ips, &s->address, 22, 5, &s->listener), 0);
    watch_install(s->host, &s->watch);
}

void scene_open(scene_t *s)
{
    assert_int_equal(so_connect(s->host->ips, &s->address, 22, &s->client), EINPROGRESS);
    scene_run_now(s);
}

void scene_establish(scene_t *s)
{
    scene_open(s);
    assert_int_equal(so_connect_error(s->client), 0);
    assert_int_equal(so_accept(s->listener, &s->server), 0);
}

/* Which side gets there: the client, except for what only a server does. */
static unsigned side_of(state_t state)
{
    return state == LISTEN || state == SYN_RCVD || state == CLOSE_WAIT || state == LAST_ACK
               ? SERVER
               : CLIENT;
}

static void lead_closing(scene_t *s, state_t state)
{
    scene_establish(s);
    if (state == FIN_WAIT_1 || state == CLOSING)
        scene_eat(s, 1 << CLIENT, FIN, FIN);
    if (state == ESTABLISHED)
        return;
    so_shutdown(s->client);
    if (state == CLOSING)
        so_shutdown(s->server); /* it has not seen the client's FIN */
    scene_run_now(s);
    if (state == LAST_ACK)
        scene_eat(s, 1 << SERVER, FIN, FIN);
    if (state == LAST_ACK || state == TIME_WAIT)
        so_shutdown(s->server);
    scene_run_now(s);
}

void scene_lead(scene_t *s, state_t state)
{
    scene_begin(s);
    s->side = side_of(state);
    if (state == SYN_SENT)
        scene_eat(s, 1 << CLIENT, SYN, SYN);
    if (state == SYN_RCVD)
        scene_eat(s, 1 << SERVER, SYN, SYN);
    if (state == SYN_SENT || state == SYN_RCVD || state == LISTEN)
        scene_open(s);
    else
        lead_closing(s, state);
    ip_endpoint_t server = {s->address, 22}, client = {s->address, so_local(s->client).ie_port};
    s->own = s->side == SERVER ? server : client;
    s->peer = s->side == SERVER ? client : server;
    if (state == LISTEN)
        s->peer.ie_port = 4; /* somebody else */
    s->watch.off = true;
    s->host->log[0] = '\0';
}
