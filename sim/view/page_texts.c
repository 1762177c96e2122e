/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/page_texts.h"

#include "sim/base/must.h"
#include "sim/base/text.h"

#include <stdlib.h>

#define uthash_fatal(message) must_end()
#include <uthash.h>

struct page_text {
    size_t number;
    UT_hash_handle hh;
};

size_t page_texts_number(page_texts_t *texts, const char *text)
{
    struct page_text *known;
    HASH_FIND_STR(texts->known, text, known);
    if (known != NULL)
        return known->number;
    texts->list = must_grow(texts->list, &texts->room, texts->count + 1, sizeof(*texts->list));
    char *copy = texts->list[texts->count] = text_copy(text);
    known = must_calloc(1, sizeof(*known));
    known->number = texts->count++;
    HASH_ADD_KEYPTR(hh, texts->known, copy, strlen(copy), known);
    return known->number;
}

void page_texts_fini(page_texts_t *texts)
{
    struct page_text *known, *next;
    HASH_ITER(hh, texts->known, known, next)
    {
        HASH_DEL(texts->known, known);
        free(known);
    }
    for (size_t i = 0; i < texts->count; i++)
        free(texts->list[i]);
    free(texts->list);
    *texts = (page_texts_t){0};
}
