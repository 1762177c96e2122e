/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The findings: those about a rule as it is read (ipf_check_rule.c), then those that need the whole
 * set (ipf_check_list.c, ipf_check_loopback.c).
 */
#include "filter/ipf_check_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ipf_warning_names[] = {
    [IPF_WARN_COVERED] = "covered",     [IPF_WARN_OVERRIDDEN] = "overridden",
    [IPF_WARN_DUPLICATE] = "duplicate", [IPF_WARN_RETURN] = "return",
    [IPF_WARN_HANGS] = "hangs",         [IPF_WARN_UNDONE] = "undone",
    [IPF_WARN_INTERCEPT] = "intercept", [IPF_WARN_LO0] = "lo0-address",
    [IPF_WARN_NO_STATE] = "no-state",   [IPF_WARN_FLAGS] = "flags",
    [IPF_WARN_PORTS] = "ports",         [IPF_WARN_SKIP] = "skip",
    [IPF_WARN_GROUP] = "group",         [IPF_WARN_REFUSED] = "refused",
    [IPF_WARN_UNUSED] = "unused",       [IPF_WARN_COUNT] = NULL,
};

/* ---- findings ---- */

static void add(check_t *check, const ipf_error_t *at, int warning)
{
    if (check->count == check->room) {
        size_t room = check->room > 0 ? check->room * 2 : 16;
        finding_t *findings = realloc(check->findings, room * sizeof(*findings));
        if (findings == NULL) {
            check->no_memory = true;
            return;
        }
        check->findings = findings;
        check->room = room;
    }
    check->findings[check->count] = (finding_t){*at, warning, check->count};
    check->count++;
    check->errors += warning < 0;
}

void ipf_check_mistake(check_t *check, const ipf_error_t *error)
{
    add(check, error, -1);
}

void ipf_check_warn(check_t *check, ipf_warning_t warning, int line, int column, const char *format,
                    ...)
{
    ipf_error_t at = {.line = line, .column = column};
    va_list args;
    if ((check->how->silent & 1u << warning) != 0)
        return;
    va_start(args, format);
    vsnprintf(at.message, sizeof(at.message), format, args);
    va_end(args);
    add(check, &at, (int)warning);
}

/* An undefined macro is one mistake and reported once, however often it is used. */
static bool is_told(const check_t *check, const ipf_error_t *error)
{
    static const char macro[] = "there is no macro";
    if (strncmp(error->message, macro, sizeof(macro) - 1) != 0)
        return false;
    for (size_t i = 0; i < check->count; i++) {
        if (strcmp(check->findings[i].at.message, error->message) == 0)
            return true;
    }
    return false;
}

static bool take_mistake(void *arg, const ipf_error_t *error)
{
    check_t *check = arg;
    if (!is_told(check, error))
        ipf_check_mistake(check, error);
    return !check->no_memory;
}

/* ---- rules as they are read ---- */

/* Makes the group, so that its rules are not reported as further mistakes. */
static void make_group(void *arg, const char *name)
{
    check_t *check = arg;
    char group[FR_GROUPLEN] = "";
    snprintf(group, sizeof(group), "%s", name);
    fr_addgroup(&check->set, group, 0, false);
    fr_addgroup(&check->set, group, 0, true);
    if (fr_group_failed(&check->set))
        check->no_memory = true;
}

static void remember_head(check_t *check, const frentry_t *fr)
{
    head_t *head = malloc(sizeof(*head));
    if (head == NULL) {
        check->no_memory = true;
        return;
    }
    *head = (head_t){.next = check->heads,
                     .fr = *fr, /* except fr_rare, which is not read */
                     .line = check->places.at[IPF_PLACE_HEAD].line,
                     .column = check->places.at[IPF_PLACE_HEAD].column};
    check->heads = head;
}

static void tell_no_group(check_t *check, const frentry_t *fr)
{
    ipf_error_t error = {.line = check->places.at[IPF_PLACE_GROUP].line,
                         .column = check->places.at[IPF_PLACE_GROUP].column};
    if (fr_group_is_other(&check->set, fr))
        snprintf(error.message, sizeof(error.message), "group '%s' is for '%s' rules", fr->fr_group,
                 (fr->fr_flags & FR_OUTQUE) != 0 ? "in" : "out");
    else
        snprintf(error.message, sizeof(error.message), "group '%s' has no head before this rule",
                 fr->fr_group);
    ipf_check_mistake(check, &error);
    make_group(check, fr->fr_group);
}

static int take_rule(void *arg, const frentry_t *fr)
{
    check_t *check = arg;
    const frentry_t *same;
    int error = frrequest(&check->set, fr, &same);
    if (error == ESRCH) {
        tell_no_group(check, fr);
        error = frrequest(&check->set, fr, &same);
        if (error == ESRCH)
            return 0; /* for the other direction: left out */
    }
    if (error == EEXIST) {
        WARN(check, IPF_WARN_DUPLICATE, IPF_PLACE_ACTION,
             "this rule is there already, in line %d: it is left out", same->fr_line);
        return 0;
    }
    if (error != 0)
        return error;
    if (fr->fr_grhead[0] != '\0')
        remember_head(check, fr);
    ipf_check_rule(check, fr);
    return check->no_memory ? ENOMEM : 0;
}

/* ---- the whole set ---- */

static void check_set(check_t *check)
{
    ipf_check_lists(check);
    if (check->needs_lo0 && check->intercept != IPF_INTERCEPT_TRUE)
        ipf_check_warn(check, IPF_WARN_INTERCEPT, check->lo0_line, check->lo0_column,
                       "no packet on lo0 reaches these rules: the file has no `set "
                       "intercept_loopback true;` before them");
    if (check->intercept == IPF_INTERCEPT_TRUE && check->errors == 0 && !check->no_memory)
        ipf_check_loopback(check);
    ipf_check_ignore(check);
}

/* ---- in order ---- */

static int by_place(const void *left, const void *right)
{
    const finding_t *a = left, *b = right;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* A line whose lists make several rules gives the same finding for each of them. */
static bool is_said(const check_t *check, size_t i)
{
    const finding_t *this = &check->findings[i];
    for (size_t j = i; j-- > 0;) {
        const finding_t *before = &check->findings[j];
        if (before->at.line != this->at.line || before->at.column != this->at.column)
            return false;
        if (strcmp(before->at.message, this->at.message) == 0)
            return true;
    }
    return false;
}

static void hand_over(check_t *check, ipf_finding_func_t func, void *arg)
{
    if (check->count > 0)
        qsort(check->findings, check->count, sizeof(*check->findings), by_place);
    for (size_t i = 0; i < check->count; i++) {
        int warning = check->findings[i].warning;
        ipf_finding_t finding = {check->findings[i].at,
                                 warning >= 0 ? ipf_warning_names[warning] : NULL};
        if (!is_said(check, i))
            func(arg, &finding);
    }
}

int ipf_check(const char *text, size_t length, const ipf_check_how_t *how, ipf_finding_func_t func,
              void *arg, size_t *errors)
{
    check_t check = {.text = text, .length = length, .how = how, .intercept = IPF_INTERCEPT_UNSET};
    ipf_reading_t reading = {.family = how->family,
                             .func = take_rule,
                             .arg = &check,
                             .intercept = &check.intercept,
                             .places = &check.places,
                             .mistake = take_mistake,
                             .lost_head = make_group};
    int result = ipf_read(text, length, &reading, &check.error);
    fr_ruleset_seal(&check.set);
    if (result == 0)
        check_set(&check);
    if (check.no_memory)
        result = ENOMEM;
    if (result == 0)
        hand_over(&check, func, arg);
    *errors = check.errors;
    fr_ruleset_fini(&check.set);
    while (check.heads != NULL) {
        head_t *head = check.heads;
        check.heads = head->next;
        free(head);
    }
    free(check.findings);
    return result;
}
