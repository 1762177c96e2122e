/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/ear.h"

#include "stack/wire.h"

void ear_say(ear_t *ear, const char *format, ...)
{
    va_list args;
    size_t used = strlen(ear->said);
    va_start(args, format);
    vsnprintf(ear->said + used, sizeof(ear->said) - used, format, args);
    va_end(args);
}

/* A RST has its numbers from the segment; all else counts from the endpoint's own. */
static void say_numbers(ear_t *ear, const uint8_t *tcp)
{
    uint8_t flags = tcp[13];
    uint32_t seq = get32(tcp + 4), ack = get32(tcp + 8);
    if ((flags & RST) != 0 && seq == (ear->has_ack ? ear->ack : 0) &&
        ack == ((flags & ACK) != 0 ? ear->end : 0))
        return;
    bool is_iss = (flags & SYN) != 0 && seq != ear->snd - 1; /* a new one, which may be any */
    if (seq != ear->snd && !is_iss)
        ear_say(ear, "%+d", (int)(seq - ear->snd));
    if ((flags & ACK) != 0 && ack != ear->rcv)
        ear_say(ear, ",%+d", (int)(ack - ear->rcv));
}

#define WINDOW 49152

static void say_window(ear_t *ear, const uint8_t *tcp)
{
    uint16_t window = get16(tcp + 14);
    bool is_reset = (tcp[13] & RST) != 0;
    if (is_reset && window != 0 && window != WINDOW)
        ear_say(ear, " window %u", window);
    else if (!is_reset && window != WINDOW)
        ear_say(ear, " %+d", (int)window - WINDOW);
    else if (is_reset && window == WINDOW)
        ear_say(ear, "w");
}

static int hear(hook_event_token_t token, hook_data_t data, void *arg)
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {{SYN, 'S'}, {FIN, 'F'}, {RST, 'R'}, {ACK, '.'}};
    ear_t *ear = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    (void)token;
    if (ear->off || get16(tcp) != ear->own.ie_port)
        return 1;
    ear_say(ear, "%s", ear->said[0] != '\0' ? " " : "");
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if ((tcp[13] & letters[i].flag) != 0)
            ear_say(ear, "%c", letters[i].letter);
    }
    size_t length = (size_t)(mp->b_wptr - tcp) - (size_t)(tcp[12] >> 4) * 4;
    if (length > 0)
        ear_say(ear, "%zu", length);
    say_numbers(ear, tcp);
    say_window(ear, tcp);
    return 1;
}

void ear_listen(scene_t *s, ear_t *ear, const char *family)
{
    bool v6 = strcmp(family, NHF_INET6) == 0;
    ear->hooks[v6] =
        (hook_t){.h_version = HOOK_VERSION, .h_func = hear, .h_name = "ear", .h_arg = ear};
    assert_int_equal(
        net_hook_register(ip_stack_net(s->host->ips, family), NH_LOOPBACK_OUT, &ear->hooks[v6]), 0);
}

typedef struct found {
    const scene_t *scene;
    const char *state;
} found_t;

static void find(void *arg, const so_endpoint_t *endpoint)
{
    found_t *found = arg;
    const ip_endpoint_t *own = &found->scene->own, *peer = &found->scene->peer;
    if (endpoint->local.ie_port == own->ie_port && endpoint->remote.ie_port == peer->ie_port)
        found->state = endpoint->state;
}

const char *ear_state(const scene_t *s)
{
    found_t found = {.scene = s, .state = "CLOSED"};
    assert_true(so_list_now(s->host->ips, find, &found));
    return found.state;
}
