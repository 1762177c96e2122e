/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The language of faults, read.
 */
#include "sim/core/fault.h"

#include "sim/base/nearest.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX     32
#define SLOW_MAX_S   86400.0
#define DROP_NTH_MAX 1000000u

/* What is still to be read, and the word that was read last. */
typedef struct reader {
    const char *text, *at, *began;
    char word[WORD_MAX];
    char *error;
    size_t size;
} reader_t;

static bool wrong(reader_t *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(reader_t *reader, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(reader->error, reader->size, "--fault '%s': column %d: %s", reader->text,
             (int)(reader->began - reader->text) + 1, what);
    return false;
}

/* => Returns false at the text's end; the word is then empty. */
static bool next(reader_t *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    reader->began = reader->at;
    size_t length = strcspn(reader->at, " \t\n\r\f\v");
    snprintf(reader->word, sizeof(reader->word), "%.*s", (int)length, reader->at);
    reader->at += length;
    return length > 0;
}

static bool is_word(const reader_t *reader, const char *word)
{
    return strcmp(reader->word, word) == 0;
}

static bool expect(reader_t *reader, const char *word)
{
    if (next(reader) && is_word(reader, word))
        return true;
    if (reader->word[0] == '\0')
        return wrong(reader, "'%s' is missing", word);
    return wrong(reader, "'%s' stands where '%s' is to be", reader->word, word);
}

/* A whole number from `low` to `high`: the word that was read last. */
static bool number(reader_t *reader, uint64_t low, uint64_t high, uint64_t *value)
{
    char *end;
    unsigned long long n = strtoull(reader->word, &end, 10);
    bool digits = isdigit((unsigned char)reader->word[0]) && *end == '\0';
    if (!digits || n < low || n > high)
        return wrong(reader, "'%s' is no number from %llu to %llu", reader->word,
                     (unsigned long long)low, (unsigned long long)high);
    *value = n;
    return true;
}

static bool choose(reader_t *reader, const char *what, const char *const *names, size_t *which)
{
    char text[256];
    for (*which = 0; names[*which] != NULL; ++*which) {
        if (is_word(reader, names[*which]))
            return true;
    }
    if (reader->word[0] == '\0')
        return wrong(reader, "%s is missing", what);
    return wrong(reader, "%s", there_is_no(text, sizeof(text), what, reader->word, names));
}

/* ---- the faults ---- */

static bool read_drop(reader_t *reader, fault_t *fault)
{
    static const char *const packets[] = {"SYN", "SYN|ACK", "ACK",  "DATA", "FIN",
                                          "RST", "UDP",     "ICMP", NULL};
    size_t which;
    next(reader);
    if (!choose(reader, "packet", packets, &which))
        return false;
    fault->packet = (fault_packet_t)which;
    return !next(reader) || (number(reader, 1, DROP_NTH_MAX, &fault->nth) && (next(reader), true));
}

/* [from client | from server], where the word that was read last may be `from`. */
static bool read_from(reader_t *reader, fault_t *fault)
{
    static const char *const ends[] = {"client", "server", NULL};
    size_t which;
    if (!is_word(reader, "from"))
        return true;
    next(reader);
    if (!choose(reader, "end", ends, &which))
        return false;
    fault->from_client = which == 0;
    next(reader);
    return true;
}

/* N bytes [from END]; the `after` has been read. */
static bool read_bytes(reader_t *reader, fault_t *fault)
{
    if (!next(reader))
        return wrong(reader, "a number of bytes is missing");
    if (!number(reader, 0, FAULT_BYTES_MAX, &fault->bytes))
        return false;
    if (next(reader) && is_word(reader, "byte"))
        next(reader);
    else if (is_word(reader, "bytes"))
        next(reader);
    else
        return wrong(reader,
                     reader->word[0] == '\0' ? "'bytes' is missing%s"
                                             : "'%s' stands where 'bytes' is to be",
                     reader->word);
    return read_from(reader, fault);
}

static bool read_after(reader_t *reader, fault_t *fault)
{
    return expect(reader, "after") && read_bytes(reader, fault);
}

static bool read_close(reader_t *reader, fault_t *fault)
{
    if (!expect(reader, "half"))
        return false;
    if (!next(reader))
        return true;
    return is_word(reader, "after") ? read_bytes(reader, fault) : true;
}

static bool read_slow(reader_t *reader, fault_t *fault)
{
    char *end;
    if (!expect(reader, "accept"))
        return false;
    if (!next(reader))
        return wrong(reader, "a number of seconds is missing");
    double seconds = strtod(reader->word, &end);
    if (*end != '\0' || !isdigit((unsigned char)reader->word[0]) || !(seconds > 0) ||
        seconds > SLOW_MAX_S || reader->word[1] == 'x')
        return wrong(reader, "'%s' is no number of seconds up to %.0f", reader->word, SLOW_MAX_S);
    fault->us = (uint64_t)(seconds * 1e6 + 0.5);
    next(reader);
    return true;
}

bool fault_list_add(fault_list_t *faults, const char *text, char *error, size_t size)
{
    static const char *const names[] = {"drop", "reset", "stall", "close", "slow", NULL};
    static bool (*const readers[])(reader_t *, fault_t *) = {read_drop, read_after, read_after,
                                                             read_close, read_slow};
    reader_t reader = {.text = text, .at = text, .began = text, .error = error, .size = size};
    fault_t fault = {.text = text};
    size_t which;
    next(&reader);
    if (!choose(&reader, "fault", names, &which))
        return false;
    fault.kind = (fault_kind_t)which;
    if (!readers[which](&reader, &fault))
        return false;
    if (reader.word[0] != '\0')
        return wrong(&reader, "'%s' is too much", reader.word);
    if (faults->count == FAULTS_MAX)
        return wrong(&reader, "there are %d already", FAULTS_MAX);
    faults->list[faults->count++] = fault;
    return true;
}
