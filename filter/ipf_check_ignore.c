/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Comments that silence warnings: `# check: ignore NAME{, NAME}` for their line or, alone on a
 * line, for the next one; `# check: ignore-file NAME` for the whole text. The text after `--` is
 * for people.
 */
#include "filter/ipf_check_impl.h"
#include "filter/ipf_words.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

typedef struct comment {
    const char *at, *end; /* after the `#`, and the end of its line */
    int line, column;     /* of the `#` */
    int first, last;      /* the lines that it applies to */
} comment_t;

/* ---- what a comment applies to ---- */

/* The end of the line that `at` is on: its newline, or the text's end. */
static const char *line_end(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline != NULL ? newline : end;
}

static bool is_blank(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at == end;
}

static bool is_continued(const char *at, const char *end)
{
    if (end > at && end[-1] == '\r')
        end--;
    return end > at && end[-1] == '\\';
}

/* The `#` that begins a line's comment, or NULL. */
static const char *find_comment(const char *at, const char *end)
{
    for (bool quoted = false; at < end; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '#' && !quoted)
            return at;
        else if (*at == '\\' && !quoted && at + 1 < end)
            at++;
    }
    return NULL;
}

/* A comment alone on its line applies to the next rule: the first line that has more than a
 * comment, and those that continue it. */
static void find_next_rule(comment_t *comment, const char *end)
{
    int line = comment->line;
    const char *at = comment->end;
    comment->first = comment->last = INT_MAX;
    while (at < end) {
        const char *begin = at + 1;
        at = line_end(begin, end);
        line++;
        const char *hash = find_comment(begin, at);
        if (comment->first == INT_MAX && is_blank(begin, hash != NULL ? hash : at))
            continue;
        comment->first = comment->first == INT_MAX ? line : comment->first;
        comment->last = line;
        if (hash != NULL || !is_continued(begin, at))
            return;
    }
}

/* ---- names ---- */

static int find_warning(const char *name, size_t length)
{
    for (int i = 0; i < IPF_WARN_COUNT; i++) {
        if (strlen(ipf_warning_names[i]) == length &&
            memcmp(ipf_warning_names[i], name, length) == 0)
            return i;
    }
    return -1;
}

/* Removes the warnings of this kind on these lines.
 * => Returns whether there were any. */
static bool take_away(check_t *check, const comment_t *comment, int warning)
{
    size_t kept = 0, before = check->count;
    for (size_t i = 0; i < before; i++) {
        const finding_t *finding = &check->findings[i];
        if (finding->warning != warning || finding->at.line < comment->first ||
            finding->at.line > comment->last)
            check->findings[kept++] = *finding;
    }
    check->count = kept;
    return kept < before;
}

static void unknown_name(check_t *check, const comment_t *comment, const char *name, size_t length)
{
    ipf_error_t error = {.line = comment->line, .column = comment->column};
    const char *near = ipf_word_near(ipf_warning_names, name, length);
    char shown[32];
    size_t i;
    for (i = 0; i < length && i < sizeof(shown) - 1; i++)
        shown[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
    shown[i] = '\0';
    snprintf(error.message, sizeof(error.message), "there is no warning '%s' to ignore%s%s%s",
             shown, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
             near != NULL ? "'?" : "");
    ipf_check_mistake(check, &error);
}

static void silence(check_t *check, const comment_t *comment, const char *name, size_t length)
{
    int warning = find_warning(name, length);
    if (warning < 0)
        unknown_name(check, comment, name, length);
    else if (!take_away(check, comment, warning) && (check->how->silent & 1u << warning) == 0 &&
             check->errors == 0)
        ipf_check_warn(check, IPF_WARN_UNUSED, comment->line, comment->column,
                       "there is no warning '%s' here to ignore", ipf_warning_names[warning]);
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == '\r';
}

static void read_names(check_t *check, const comment_t *comment, const char *at)
{
    bool any = false;
    while (at < comment->end) {
        const char *begin = at;
        while (at < comment->end && !is_between(*at))
            at++;
        if (at - begin >= 2 && memcmp(begin, "--", 2) == 0)
            break;
        if (at > begin)
            silence(check, comment, begin, (size_t)(at - begin));
        any = any || at > begin;
        at += at < comment->end;
    }
    if (!any)
        unknown_name(check, comment, "", 0);
}

/* Goes past blanks and this word.
 * => Returns false if it is not there. */
static bool take_word(const char **at, const char *end, const char *word)
{
    const char *from = *at;
    size_t length = strlen(word);
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    if ((size_t)(end - from) < length || memcmp(from, word, length) != 0 ||
        (from + length < end && !is_between(from[length])))
        return false;
    *at = from + length;
    return true;
}

static void read_comment(check_t *check, comment_t *comment, bool alone, int first)
{
    const char *at = comment->at;
    if (!take_word(&at, comment->end, "check:"))
        return;
    if (take_word(&at, comment->end, "ignore-file")) {
        comment->last = INT_MAX;
    } else if (!take_word(&at, comment->end, "ignore")) {
        return;
    } else if (alone) {
        find_next_rule(comment, check->text + check->length);
    } else {
        comment->first = first;
        comment->last = comment->line;
    }
    read_names(check, comment, at);
}

void ipf_check_ignore(check_t *check)
{
    const char *at = check->text, *end = check->text + check->length;
    int line = 1, first = 1; /* the line, and the one that it continues */
    while (at < end) {
        const char *newline = line_end(at, end), *hash = find_comment(at, newline);
        if (hash != NULL) {
            comment_t comment = {
                .at = hash + 1, .end = newline, .line = line, .column = (int)(hash - at) + 1};
            read_comment(check, &comment, is_blank(at, hash) && first == line, first);
        }
        line++;
        if (hash != NULL || !is_continued(at, newline))
            first = line;
        at = newline < end ? newline + 1 : end;
    }
}
