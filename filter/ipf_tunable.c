/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tunables, as `ipf -T` and `ipftest -T` set them. Solaris: ipf_tuneables (fil.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Each has IPFilter's name and Solaris'. */
static const char *const pass_names[] = {"default_pass", "fr_pass", "ipf_pass", NULL};

/* The numeric ones. Times are in ticks of half a second. */
typedef struct tunable {
    const char *name, *solaris;
    size_t offset; /* of a uint32_t in ipf_tunables_t */
    uint32_t least, most, initial;
} tunable_t;

#define TUNABLE(field, name, solaris, least, most, initial)                                        \
    {                                                                                              \
        name, solaris, offsetof(ipf_tunables_t, field), least, most, initial                       \
    }
#define TICKS(field, name, solaris, seconds)                                                       \
    TUNABLE(field, name, solaris, 1, INT32_MAX, (seconds)*IPF_TICKS_PER_S)

static const tunable_t tunables[] = {
    TUNABLE(minttl, "min_ttl", "fr_minttl", 0, 255, 4),
    TUNABLE(icmpminfragmtu, "icmp_minfragmtu", "fr_icmpminfragmtu", 0, 65535, 68),
    TUNABLE(state_max, "state_max", "fr_statemax", 1, INT32_MAX, 4013),
    TUNABLE(state_maxbucket, "state_maxbucket", "fr_state_maxbucket", 1, INT32_MAX, 26),
    TUNABLE(frag_size, "frag_size", "ipfr_size", 1, INT32_MAX, 257),
    TICKS(frag_ttl, "frag_ttl", "fr_ipfrttl", 60),
    TICKS(tcp_idle, "tcp_idle_timeout", "fr_tcpidletimeout", 432000),
    TICKS(tcp_close_wait, "tcp_close_wait", "fr_tcpclosewait", 7200),
    TICKS(tcp_last_ack, "tcp_last_ack", "fr_tcplastack", 30),
    TICKS(tcp_timeout, "tcp_timeout", "fr_tcptimeout", 240),
    TICKS(tcp_closed, "tcp_closed", "fr_tcpclosed", 30),
    TICKS(tcp_half_closed, "tcp_half_closed", "fr_tcphalfclosed", 7200),
    TICKS(udp, "udp_timeout", "fr_udptimeout", 120),
    TICKS(udp_ack, "udp_ack_timeout", "fr_udpacktimeout", 12),
    TICKS(icmp, "icmp_timeout", "fr_icmptimeout", 60),
    TICKS(icmp_ack, "icmp_ack_timeout", "fr_icmpacktimeout", 6),
    TICKS(ip, "ip_timeout", "fr_iptimeout", 60),
};

#define TUNABLES (sizeof(tunables) / sizeof(tunables[0]))

/* Known elsewhere, but without effect here. */
static const char *const not_modelled[] = {"chksrc",
                                           "fr_chksrc",
                                           "ipf_chksrc",
                                           "ipf_flags",
                                           "fr_flags",
                                           "active",
                                           "update_ipid",
                                           "fr_update_ipid",
                                           "control_forwarding",
                                           "ipf_loopback",
                                           "intercept_loopback",
                                           "state_size",
                                           "fr_statesize",
                                           "state_lock",
                                           "state_logging",
                                           "state_wm_high",
                                           "state_wm_low",
                                           "state_wm_freq",
                                           "log_suppress",
                                           "log_all",
                                           "log_size",
                                           "tcp_syn_sent",
                                           "tcp_syn_received",
                                           "tcp_time_wait",
                                           "nat_lock",
                                           "nat_table_size",
                                           "nat_table_max",
                                           "nat_rules_size",
                                           "rdr_rules_size",
                                           "hostmap_size",
                                           "nat_maxbucket",
                                           "nat_logging",
                                           "nat_doflush",
                                           "nat_table_wm_low",
                                           "nat_table_wm_high",
                                           NULL};

static uint32_t *field_of(ipf_tunables_t *values, const tunable_t *tunable)
{
    return (uint32_t *)(void *)((char *)values + tunable->offset);
}

void ipf_tunables_init(ipf_tunables_t *values)
{
    for (size_t i = 0; i < TUNABLES; i++)
        *field_of(values, &tunables[i]) = tunables[i].initial;
}

static int refuse_value(const char *name, const char *value, const char *range, char *message,
                        size_t size)
{
    snprintf(message, size, "'%s' is %s, not '%.40s'", name, range, value);
    return EINVAL;
}

static int set_pass(ipf_stack_t *ifs, const char *name, const char *value, char *message,
                    size_t size)
{
    if (strcmp(value, "pass") == 0)
        ifs->ifs_fr_pass = FR_PASS | FR_NOMATCH;
    else if (strcmp(value, "block") == 0)
        ifs->ifs_fr_pass = FR_BLOCK | FR_NOMATCH;
    else
        return refuse_value(name, value, "pass or block", message, size);
    return 0;
}

static bool is_named(const tunable_t *tunable, const char *name)
{
    return strcmp(name, tunable->name) == 0 || strcmp(name, tunable->solaris) == 0 ||
           (strncmp(name, "ipf_", 4) == 0 && strncmp(tunable->solaris, "fr_", 3) == 0 &&
            strcmp(name + 4, tunable->solaris + 3) == 0);
}

static int set_number(ipf_stack_t *ifs, const tunable_t *tunable, const char *value, char *message,
                      size_t size)
{
    char range[60];
    uint64_t number = 0;
    size_t i = 0;
    for (; value[i] >= '0' && value[i] <= '9' && i <= 10; i++)
        number = number * 10 + (unsigned)(value[i] - '0');
    if (i == 0 || value[i] != '\0' || number < tunable->least || number > tunable->most) {
        snprintf(range, sizeof(range), "%u to %u", tunable->least, tunable->most);
        return refuse_value(tunable->name, value, range, message, size);
    }
    *field_of(&ifs->ifs_tunables, tunable) = (uint32_t)number;
    return 0;
}

/* The name that `name` is probably a misspelling of, or NULL. */
static const char *near_name(const char *name)
{
    const char *names[TUNABLES * 2 + 4];
    size_t count = 0;
    for (size_t i = 0; i < TUNABLES; i++) {
        names[count++] = tunables[i].name;
        names[count++] = tunables[i].solaris;
    }
    for (size_t i = 0; pass_names[i] != NULL; i++)
        names[count++] = pass_names[i];
    names[count] = NULL;
    return ipf_word_near(names, name, strlen(name));
}

int ipf_set_tunable(ipf_stack_t *ifs, const char *name, const char *value, char *message,
                    size_t size)
{
    size_t length = strlen(name);
    if (ipf_word_find(pass_names, name, length) != NULL)
        return set_pass(ifs, name, value, message, size);
    for (size_t i = 0; i < TUNABLES; i++) {
        if (is_named(&tunables[i], name))
            return set_number(ifs, &tunables[i], value, message, size);
    }
    const char *near = near_name(name);
    if (ipf_word_find(not_modelled, name, length) != NULL)
        snprintf(message, size, "the tunable '%s' is not modelled", name);
    else if (near != NULL)
        snprintf(message, size, "there is no tunable '%.40s'; did you mean '%s'?", name, near);
    else
        snprintf(message, size,
                 "there is no tunable '%.40s'; there are fr_pass, fr_minttl, fr_statemax and "
                 "others",
                 name);
    return ENOENT;
}

int ipf_set_tunables(ipf_stack_t *ifs, const char *text, char *message, size_t size)
{
    for (;;) {
        char name[64], value[64];
        size_t length = strcspn(text, ","), split = strcspn(text, "=,");
        if (text[split] != '=' || split >= sizeof(name) || length - split > sizeof(value)) {
            snprintf(message, size, "expected NAME=VALUE, got '%.*s'",
                     (int)(length < 40 ? length : 40), text);
            return EINVAL;
        }
        snprintf(name, sizeof(name), "%.*s", (int)split, text);
        snprintf(value, sizeof(value), "%.*s", (int)(length - split - 1), text + split + 1);
        int error = ipf_set_tunable(ifs, name, value, message, size);
        if (error != 0 || text[length] == '\0')
            return error;
        text += length + 1;
    }
}
