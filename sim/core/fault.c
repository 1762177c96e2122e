/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads the language of faults.
 */
#include "sim/core/fault.h"

#include "sim/base/nearest.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_fields.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX   1024
#define SLOW_MAX_S 86400.0
#define NTH_MAX    1000000u

/* The rest of the text, and the word that was read last. */
typedef struct reader {
    const char *text, *at, *began;
    char word[WORD_MAX];
    bool quoted; /* the word stood in quotes */
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
    snprintf(reader->error, reader->size, "column %d: %s", (int)(reader->began - reader->text) + 1,
             what);
    return false;
}

/* A text in quotes: the word is what is between them. */
static bool next_quoted(reader_t *reader)
{
    const char *begin = reader->at + 1, *end = strchr(begin, '"');
    reader->quoted = true;
    if (end == NULL || (size_t)(end - begin) >= sizeof(reader->word))
        return wrong(reader, end == NULL ? "the quote is not closed" : "the text is too long");
    snprintf(reader->word, sizeof(reader->word), "%.*s", (int)(end - begin), begin);
    reader->at = end + 1;
    return true;
}

/* => Returns false at the text's end; the word is then empty. */
static bool next(reader_t *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    reader->began = reader->at;
    reader->quoted = false;
    if (*reader->at == '"' && strchr(reader->at + 1, '"') != NULL)
        return next_quoted(reader);
    size_t length = strcspn(reader->at, " \t\n\r\f\v");
    snprintf(reader->word, sizeof(reader->word), "%.*s", (int)length, reader->at);
    reader->at += length;
    return length > 0;
}

static bool is_word(const reader_t *reader, const char *word)
{
    return !reader->quoted && strcmp(reader->word, word) == 0;
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

/* A number of seconds: the word that was read last. */
static bool seconds(reader_t *reader, uint64_t *us)
{
    char *end;
    if (reader->word[0] == '\0')
        return wrong(reader, "a number of seconds is missing");
    double value = strtod(reader->word, &end);
    if (*end != '\0' || !isdigit((unsigned char)reader->word[0]) || !(value > 0) ||
        value > SLOW_MAX_S || reader->word[1] == 'x')
        return wrong(reader, "'%s' is no number of seconds up to %.0f", reader->word, SLOW_MAX_S);
    *us = (uint64_t)(value * 1e6 + 0.5);
    next(reader);
    return true;
}

static bool read_number(reader_t *reader, const char *what, uint64_t low, uint64_t high,
                        uint64_t *value)
{
    if (!next(reader))
        return wrong(reader, "%s is missing", what);
    if (!number(reader, low, high, value))
        return false;
    next(reader);
    return true;
}

static bool read_pattern(reader_t *reader, fault_t *fault)
{
    struct packet_pattern_error error;
    fault->packet = FAULT_LIKE;
    if (packet_pattern_parse(reader->word, &fault->pattern, &error) == 0)
        return true;
    reader->began += error.column;
    return wrong(reader, "%s", error.message);
}

const char *const fault_packet_names[] = {"SYN", "SYN|ACK", "ACK",    "DATA", "FIN", "RST",
                                          "UDP", "ICMP",    "packet", "any",  NULL};

/* WHICH; the word after it is read, too. */
static bool read_which(reader_t *reader, fault_t *fault)
{
    size_t which = 0;
    next(reader);
    if (reader->quoted) {
        if (!read_pattern(reader, fault))
            return false;
    } else if (!choose(reader, "packet", fault_packet_names, &which)) {
        return false;
    } else if (which == FAULT_NUMBER) {
        fault->packet = FAULT_NUMBER;
        return read_number(reader, "the packet's number", 1, UINT32_MAX, &fault->nth);
    } else {
        fault->packet = which < FAULT_KINDS ? (fault_packet_t)which : FAULT_ANY;
    }
    if (!next(reader) || !isdigit((unsigned char)reader->word[0]))
        return reader->word[0] != '-' || number(reader, 1, NTH_MAX, &fault->nth);
    if (!number(reader, 1, NTH_MAX, &fault->nth))
        return false;
    next(reader);
    return true;
}

static bool read_place(reader_t *reader, fault_t *fault)
{
    const char *places[IP_PLACES + 1] = {0};
    size_t which;
    for (int i = 0; i < IP_PLACES; i++)
        places[i] = trace_place_name((ip_place_t)i);
    next(reader);
    if (!choose(reader, "place", places, &which))
        return false;
    fault->place = (int)which;
    next(reader);
    return true;
}

static bool read_text(reader_t *reader, const char *what, char text[FAULT_WORD_MAX])
{
    if (!next(reader))
        return wrong(reader, "%s is missing", what);
    if (strlen(reader->word) >= FAULT_WORD_MAX)
        return wrong(reader, "%s is too long", what);
    strcpy(text, reader->word);
    return true;
}

static bool read_chance(reader_t *reader, fault_t *fault)
{
    char *end;
    if (!next(reader))
        return wrong(reader, "a chance is missing");
    double chance = strtod(reader->word, &end);
    if (*end != '\0' || !(isdigit((unsigned char)reader->word[0]) || reader->word[0] == '.') ||
        !(chance >= 0.000001) || chance > 1)
        return wrong(reader, "'%s' is no chance from 0.000001 to 1", reader->word);
    fault->chance = (uint32_t)(chance * 1e6 + 0.5);
    next(reader);
    return true;
}

/* [at PLACE] [on HOST] [chance P], in any order. */
static bool read_where(reader_t *reader, fault_t *fault)
{
    for (;;) {
        bool read = true;
        if (is_word(reader, "at")) {
            read = read_place(reader, fault);
        } else if (is_word(reader, "on")) {
            read = read_text(reader, "the host's name", fault->host);
            next(reader);
        } else if (is_word(reader, "chance")) {
            read = read_chance(reader, fault);
        } else {
            return true;
        }
        if (!read)
            return false;
    }
}

static bool read_drop(reader_t *reader, fault_t *fault)
{
    return read_which(reader, fault) && read_where(reader, fault);
}

static bool read_duplicate(reader_t *reader, fault_t *fault)
{
    if (!read_which(reader, fault))
        return false;
    if (is_word(reader, "by") && (next(reader), !seconds(reader, &fault->us)))
        return false;
    return read_where(reader, fault);
}

/* Requires that the word that was read last is `word`. */
static bool is_next(reader_t *reader, const char *word)
{
    if (is_word(reader, word))
        return true;
    if (reader->word[0] == '\0')
        return wrong(reader, "'%s' is missing", word);
    return wrong(reader, "'%s' stands where '%s' is to be", reader->word, word);
}

static bool read_delay(reader_t *reader, fault_t *fault)
{
    if (!read_which(reader, fault) || !is_next(reader, "by"))
        return false;
    next(reader);
    return seconds(reader, &fault->us) && read_where(reader, fault);
}

static bool read_corrupt(reader_t *reader, fault_t *fault)
{
    static const char *const whats[] = {"bit", "field", NULL};
    size_t what;
    if (!read_which(reader, fault) || !choose(reader, "way to corrupt", whats, &what))
        return false;
    fault->by_field = what == 1;
    if (!fault->by_field)
        return read_number(reader, "the bit's number", 0, UINT16_MAX * 8, &fault->bytes) &&
               read_where(reader, fault);
    if (!next(reader) || !choose(reader, "field", packet_field_names, &what))
        return reader->word[0] != '\0' ? false : wrong(reader, "the field's name is missing");
    snprintf(fault->field, sizeof(fault->field), "%s", packet_field_names[what]);
    if (!read_text(reader, "the field's value", fault->value))
        return false;
    next(reader);
    return read_where(reader, fault);
}

static bool read_truncate(reader_t *reader, fault_t *fault)
{
    if (!read_which(reader, fault) || !is_next(reader, "to") ||
        !read_number(reader, "a number of bytes", 0, UINT16_MAX, &fault->bytes))
        return false;
    if (is_word(reader, "bytes") || is_word(reader, "byte"))
        next(reader);
    return read_where(reader, fault);
}

static bool read_before(reader_t *reader, fault_t *fault)
{
    return expect(reader, "before") && read_which(reader, fault) && read_where(reader, fault);
}

static bool read_rules(reader_t *reader, fault_t *fault)
{
    if (!next(reader) || !reader->quoted)
        return wrong(reader, "rules stand in quotes");
    fault->rules = reader->began + 1;
    fault->rules_length = (size_t)(reader->at - reader->began) - 2;
    return read_before(reader, fault);
}

static bool read_hooks(reader_t *reader, fault_t *fault)
{
    static const char *const states[] = {"on", "off", NULL};
    size_t which;
    next(reader);
    if (!choose(reader, "state of the hooks", states, &which))
        return false;
    fault->on = which == 0;
    return read_before(reader, fault);
}

static bool read_kill(reader_t *reader, fault_t *fault)
{
    if (!read_text(reader, "the process' name", fault->process))
        return false;
    if (strcmp(fault->process, "main") == 0)
        return wrong(reader, "'main' is the test itself, which does not die");
    return read_before(reader, fault);
}

bool fault_put_process(const char *name, char *text)
{
    /* A semicolon separates faults in a list. */
    const char *quote = name[0] == '\0' || strpbrk(name, " \t\n\r\f\v;") != NULL ? "\"" : "";
    if (strlen(name) >= FAULT_WORD_MAX || strchr(name, '"') != NULL || strcmp(name, "main") == 0)
        return false;
    snprintf(text, FAULT_WORD_MAX + 2, "%s%s%s", quote, name, quote);
    return true;
}

static bool read_fail(reader_t *reader, fault_t *fault)
{
    return expect(reader, "allocation") &&
           read_number(reader, "the block's number", 1, NTH_MAX, &fault->nth);
}

static bool read_order(reader_t *reader, fault_t *fault)
{
    return read_number(reader, "the choice's number", 1, NTH_MAX, &fault->nth) &&
           is_next(reader, "first") &&
           read_number(reader, "the event's number", 1, NTH_MAX, &fault->bytes);
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
    if (!expect(reader, "accept"))
        return false;
    next(reader);
    return seconds(reader, &fault->us);
}

static const struct {
    const char *name;
    fault_kind_t kind;
    bool (*read)(reader_t *reader, fault_t *fault);
} kinds[] = {
    {"drop", FAULT_DROP, read_drop},          {"duplicate", FAULT_DUPLICATE, read_duplicate},
    {"delay", FAULT_DELAY, read_delay},       {"reorder", FAULT_REORDER, read_drop},
    {"corrupt", FAULT_CORRUPT, read_corrupt}, {"truncate", FAULT_TRUNCATE, read_truncate},
    {"rules", FAULT_RULES, read_rules},       {"hooks", FAULT_HOOKS, read_hooks},
    {"kill", FAULT_KILL, read_kill},          {"fail", FAULT_ALLOCATION, read_fail},
    {"order", FAULT_ORDER, read_order},       {"reset", FAULT_RESET, read_after},
    {"stall", FAULT_STALL, read_after},       {"close", FAULT_CLOSE_HALF, read_close},
    {"slow", FAULT_SLOW_ACCEPT, read_slow},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool fault_read(const char *text, fault_t *fault, char *error, size_t size)
{
    const char *names[KINDS + 1] = {0};
    reader_t reader = {.text = text, .at = text, .began = text, .error = error, .size = size};
    size_t which;
    *fault = (fault_t){.text = text, .place = FAULT_SENT};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    next(&reader);
    if (!choose(&reader, "fault", names, &which))
        return false;
    fault->kind = kinds[which].kind;
    if (!kinds[which].read(&reader, fault))
        return false;
    if (reader.word[0] != '\0')
        return wrong(&reader, "'%s' is too much", reader.word);
    return true;
}

bool fault_list_add(fault_list_t *faults, const char *text, char *error, size_t size)
{
    char what[600];
    fault_t fault;
    bool read = fault_read(text, &fault, what, sizeof(what));
    if (read && faults->count == FAULTS_MAX) {
        snprintf(what, sizeof(what), "there are %d already", FAULTS_MAX);
        read = false;
    }
    if (read)
        faults->list[faults->count++] = fault;
    else
        snprintf(error, size, "--fault '%s': %s", text, what);
    return read;
}
