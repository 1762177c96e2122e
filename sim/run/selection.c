/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/selection.h"

#include "filter/fnv.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool selection_is_all(const selection_t *selection)
{
    return selection == NULL || (selection->pattern_count == 0 && selection->tag_count == 0 &&
                                 selection->shards == 0 && selection->failed == NULL);
}

/* ---- names ---- */

static const char *find_piece(const char *text, const char *piece, size_t length)
{
    for (; strlen(text) >= length; text++) {
        if (strncasecmp(text, piece, length) == 0)
            return text;
    }
    return NULL;
}

/* Whether the pieces between the stars are in the name, one after the other. */
static bool matches(const char *name, const char *pattern)
{
    while (*pattern != '\0') {
        size_t length = strcspn(pattern, "*");
        name = find_piece(name, pattern, length);
        if (name == NULL)
            return false;
        name += length;
        pattern += length + (pattern[length] == '*');
    }
    return true;
}

static bool takes_name(const selection_t *selection, const char *test)
{
    for (size_t i = 0; i < selection->pattern_count; i++) {
        if (matches(test, selection->patterns[i]))
            return true;
    }
    return selection->pattern_count == 0;
}

/* ---- tags ---- */

static bool has_tag(const char *tags, const char *tag)
{
    size_t length = strlen(tag);
    while (*tags != '\0') {
        size_t next = strcspn(tags, " ");
        if (next == length && memcmp(tags, tag, length) == 0)
            return true;
        tags += next + (tags[next] == ' ');
    }
    return false;
}

static bool takes_tags(const selection_t *selection, const char *tags)
{
    for (size_t i = 0; i < selection->tag_count; i++) {
        if (has_tag(tags, selection->tags[i]))
            return true;
    }
    return selection->tag_count == 0;
}

/* ---- shares ---- */

static bool takes_share(const selection_t *selection, const char *path, const char *test)
{
    if (selection->shards == 0)
        return true;
    const char *slash = strrchr(path, '/');
    uint32_t hash = fnv1a_32(FNV1A_32_BEGIN, slash != NULL ? slash + 1 : path);
    hash = fnv1a_32(fnv1a_32(hash, ":"), test);
    hash ^= hash >> 16; /* the low bits of FNV are the weaker ones */
    return hash % selection->shards == selection->shard - 1;
}

bool selection_takes(const selection_t *selection, const char *path, const char *test,
                     const char *tags)
{
    return takes_name(selection, test) && takes_tags(selection, tags) &&
           takes_share(selection, path, test) &&
           (selection->failed == NULL || last_failed_has(selection->failed, path, test));
}

/* ---- in words ---- */

static void add(char *text, size_t size, const char *option, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s%s%s", used > 0 ? " " : "", option,
             word[0] != '\0' ? " " : "", word);
}

bool selection_wanted(const void *arg, const char *path, const char *test, const char *tags)
{
    return selection_takes(arg, path, test, tags);
}

void selection_text(const selection_t *selection, char *text, size_t size)
{
    char share[40];
    text[0] = '\0';
    for (size_t i = 0; i < selection->pattern_count; i++)
        add(text, size, "-k", selection->patterns[i]);
    for (size_t i = 0; i < selection->tag_count; i++)
        add(text, size, "--tag", selection->tags[i]);
    snprintf(share, sizeof(share), "%u/%u", selection->shard, selection->shards);
    if (selection->shards > 0)
        add(text, size, "--shard", share);
    if (selection->failed != NULL)
        add(text, size, "--last-failed", "");
}
