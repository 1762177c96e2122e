/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules, added line by line.
 *
 * A filter is loaded with one text. IP Filter wants each `set` before the first rule, so these
 * lines are kept apart.
 */
#include "sim/shell/shell_rules.h"

#include "sim/base/file_read.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/rules_error.h"
#include "sim/run/rules_why.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the mistake is: in a file, or in the rule that was typed (`path` NULL). */
static char *located(const char *path, const char *text, size_t length, const ipf_error_t *error)
{
    char *why = NULL;
    size_t size;
    FILE *out = text_open(&why, &size);
    if (path != NULL)
        fprintf(out, "%s:%d:%d: %s\n", path, error->line, error->column, error->message);
    else
        fprintf(out, "in the rule, column %d: %s\n", error->column, error->message);
    rules_underline(out, text, length, error);
    fclose(out);
    size = strlen(why);
    why[size - (why[size - 1] == '\n')] = '\0';
    return why;
}

/* => Returns NULL if a filter accepts the rules. */
static char *check(const char *path, const char *text, size_t length)
{
    ipf_error_t error;
    ipf_intercept_t set;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL)
        must_end();
    int err = ipf_load(ifs, text, length, &set, &error);
    ipf_destroy(ifs);
    if (err == EINVAL)
        return located(path, text, length, &error);
    return err == 0 ? NULL : text_copy("out of memory");
}

static bool is_set(const char *line, size_t length)
{
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    return length > 3 && strncmp(line, "set", 3) == 0 && (line[3] == ' ' || line[3] == '\t');
}

static void sort_lines(const char *text, size_t length, FILE *sets, FILE *rules)
{
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t size = end != NULL ? (size_t)(end - text) + 1 : length;
        FILE *out = is_set(text, size) ? sets : rules;
        fwrite(text, 1, size, out);
        if (end == NULL)
            putc('\n', out);
        text += size;
        length -= size;
    }
}

/* Joins the present rules, except those that the line removes, and text[length]. */
static void join(const shell_rules_t *now, const shell_line_t *line, const char *text,
                 size_t length, shell_rules_t *next)
{
    size_t size;
    bool keeps = now->text != NULL && !line->flush;
    FILE *sets = text_open(&next->sets, &size);
    FILE *rules = text_open(&next->text, &size);
    fputs(keeps ? now->sets : "", sets);
    fputs(keeps ? now->text : "", rules);
    sort_lines(text, length, sets, rules);
    fclose(sets);
    fclose(rules);
    next->intercept = line->is_rule || (keeps && now->intercept);
}

char *shell_rules_text(const shell_rules_t *rules)
{
    bool silent = rules->sets[0] == '\0' && rules->text[0] != '\0' && !rules->intercept;
    return must_asprintf("%s%s%s", silent ? "set intercept_loopback false;\n" : "", rules->sets,
                         rules->text);
}

char *shell_rules_why(const shell_rules_t *rules, const char *packet)
{
    const rules_why_options_t options = {.unplaced = true};
    ipftest_input_t packets = {.next = packet, .end = packet + strlen(packet)};
    ipf_intercept_t set;
    ipf_error_t error;
    char *text = rules->text != NULL ? shell_rules_text(rules) : text_copy("");
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL || ipf_load(ifs, text, strlen(text), &set, &error) != 0)
        must_end(); /* the rules are loaded in the box, too */
    int count = rules_why(ifs, &options, &packets);
    ipf_destroy(ifs);
    free(text);
    if (count > 0)
        return NULL;
    return text_copy(count < 0 ? packets.error : "there is no packet");
}

void shell_rules_free(shell_rules_t *rules)
{
    free(rules->sets);
    free(rules->text);
    *rules = (shell_rules_t){0};
}

/* Checks the new text alone first, so that a mistake in it is reported at its place there. */
static char *add(const shell_rules_t *now, const shell_line_t *line, const char *path,
                 const char *text, size_t length, shell_rules_t *next)
{
    char *why = check(path, text, length);
    if (why != NULL)
        return why;
    join(now, line, text, length, next);
    char *all = shell_rules_text(next);
    why = check("all rules", all, strlen(all));
    free(all);
    return why;
}

static char *add_file(const shell_rules_t *now, const shell_line_t *line, shell_rules_t *next)
{
    char message[4096];
    size_t length;
    if (strcmp(line->text, "-") == 0)
        return text_copy("standard input has the commands: rules need a file");
    char *text = file_read(line->text, &length, message, sizeof(message));
    if (text == NULL)
        return text_copy(message);
    char *why = NULL;
    if (memchr(text, '\0', length) == NULL)
        why = add(now, line, line->text, text, length, next);
    else
        why = must_asprintf("%s: there is a NUL in it: it is no text", line->text);
    free(text);
    return why;
}

char *shell_rules_add(const shell_rules_t *now, const shell_line_t *line, shell_rules_t *next)
{
    if (line->text == NULL)
        return add(now, line, NULL, "", 0, next);
    if (line->is_rule)
        return add(now, line, NULL, line->text, strlen(line->text), next);
    return add_file(now, line, next);
}
