/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tunables, as `ipf -T` and `ipftest -T` set them. Solaris: ipf_tuneables (fil.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Each has Solaris' name and IPFilter's. */
static const char *const pass_names[] = {"fr_pass", "ipf_pass", "default_pass", NULL};
static const char *const minttl_names[] = {"fr_minttl", "ipf_minttl", "min_ttl", NULL};
static const char *const names[] = {"fr_pass", "ipf_pass", "fr_minttl", "ipf_minttl", NULL};

/* Known elsewhere, and nothing here would heed them. */
static const char *const not_modelled[] = {"fr_chksrc", "ipf_chksrc", "chksrc",      "ipf_loopback",
                                           "fr_flags",  "active",     "update_ipid", NULL};

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

static int set_minttl(ipf_stack_t *ifs, const char *name, const char *value, char *message,
                      size_t size)
{
    unsigned number = 0;
    size_t length = strlen(value);
    for (size_t i = 0; i < length && length <= 3; i++) {
        if (value[i] < '0' || value[i] > '9')
            return refuse_value(name, value, "0 to 255", message, size);
        number = number * 10 + (unsigned)(value[i] - '0');
    }
    if (length == 0 || length > 3 || number > 255)
        return refuse_value(name, value, "0 to 255", message, size);
    ifs->ifs_fr_minttl = (uint8_t)number;
    return 0;
}

int ipf_set_tunable(ipf_stack_t *ifs, const char *name, const char *value, char *message,
                    size_t size)
{
    size_t length = strlen(name);
    if (ipf_word_find(pass_names, name, length) != NULL)
        return set_pass(ifs, name, value, message, size);
    if (ipf_word_find(minttl_names, name, length) != NULL)
        return set_minttl(ifs, name, value, message, size);
    const char *near = ipf_word_near(names, name, length);
    if (ipf_word_find(not_modelled, name, length) != NULL)
        snprintf(message, size, "the tunable '%s' is not modelled", name);
    else if (near != NULL)
        snprintf(message, size, "there is no tunable '%.40s'; did you mean '%s'?", name, near);
    else
        snprintf(message, size,
                 "there is no tunable '%.40s'; there are: fr_pass (ipf_pass), fr_minttl "
                 "(ipf_minttl)",
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
