/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session as a scenario.
 */
#include "sim/shell/shell_record.h"

#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/packet/packet_text.h"
#include "sim/shell/shell_lua.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EPHEMERAL_PORT 32768 /* and above: they come from the seed */

struct shell_record {
    FILE *body, *packets;
    char *body_text, *packets_text;
    size_t body_size, packets_size;
    size_t packet_count; /* since the line before */
    char *saved;         /* the file that was written last */
};

shell_record_t *shell_record_create(void)
{
    shell_record_t *record = calloc(1, sizeof(*record));
    if (record == NULL)
        return NULL;
    record->body = text_open(&record->body_text, &record->body_size);
    record->packets = text_open(&record->packets_text, &record->packets_size);
    return record;
}

void shell_record_destroy(shell_record_t *record)
{
    if (record == NULL)
        return;
    fclose(record->body);
    fclose(record->packets);
    free(record->body_text);
    free(record->packets_text);
    free(record->saved);
    free(record);
}

/* ---- packets ---- */

/* Writes a pattern for a packet: as it is shown, except ports that depend on the seed, and what an
 * ICMP error quotes. */
static void put_pattern(FILE *out, const struct packet *p, const char *text)
{
    char port[2][8];
    const uint16_t ports[] = {p->sport, p->dport};
    const char *quote = strstr(text, " for ");
    size_t length = quote != NULL ? (size_t)(quote - text) : strlen(text);
    if (p->kind != PACKET_TCP && p->kind != PACKET_UDP) {
        fprintf(out, "    \"%.*s\",\n", (int)length, text);
        return;
    }
    for (int i = 0; i < 2; i++) {
        snprintf(port[i], sizeof(port[i]), "%u", ports[i]);
        if (ports[i] >= EPHEMERAL_PORT)
            strcpy(port[i], "*");
    }
    char src[IP_ADDRESS_TEXT_MAX], dst[IP_ADDRESS_TEXT_MAX];
    const char *rest = strstr(text, " > ") + 3;
    rest += strcspn(rest, " ");
    fprintf(out, "    \"%s.%s > %s.%s%s\",\n", ip_address_text(&p->src, src, sizeof(src)), port[0],
            ip_address_text(&p->dst, dst, sizeof(dst)), port[1], rest);
}

void shell_record_event(void *arg, const trace_event_t *event)
{
    shell_record_t *record = arg;
    struct packet packet;
    char text[512];
    if (event->station != TRACE_SNOOP || event->host != NULL ||
        !packet_copy_parse(event->copy, &packet))
        return;
    packet_copy_text(event->copy, PACKET_NO_OPTIONS | PACKET_NO_WINDOW, text, sizeof(text));
    put_pattern(record->packets, &packet, text);
    record->packet_count++;
}

static void add_packets(shell_record_t *record)
{
    fflush(record->packets);
    if (record->packet_count > 0)
        fprintf(record->body, "  box:expect_packets(\"lo0\", {\n%.*s  })\n",
                (int)record->packets_size, record->packets_text);
    rewind(record->packets);
    record->packet_count = 0;
}

/* ---- lines ---- */

static bool has_answer(shell_verb_t verb)
{
    return verb == SHELL_SEND || verb == SHELL_NC || verb == SHELL_PING || verb == SHELL_IPFSTAT;
}

static bool has_error(shell_verb_t verb)
{
    return verb == SHELL_TELNET || verb == SHELL_SEND || verb == SHELL_NC || verb == SHELL_PING;
}

static size_t count_lines(const shell_answer_t *answer)
{
    size_t lines = 0;
    for (size_t i = 0; i < answer->length; i++)
        lines += answer->text[i] == '\n';
    return lines;
}

/* Writes the lines of a filter's report, unchanged. */
static void put_report(FILE *out, const shell_answer_t *answer)
{
    fprintf(out, "  expect.eq(answer, [=[\n%.*s]=])\n", (int)answer->length, answer->text);
}

static void put_answer(FILE *out, const shell_line_t *line, const shell_answer_t *answer)
{
    if (line->verb == SHELL_IPMON) { /* its lines contain ports and times */
        fprintf(out, "  expect.eq(select(2, answer:gsub(\"\\n\", \"\")), %zu)\n",
                count_lines(answer));
        return;
    }
    if (line->verb == SHELL_IPFSTAT && answer->text != NULL) {
        put_report(out, answer);
        return;
    }
    fputs("  expect.eq(answer, ", out);
    if (answer->text != NULL)
        shell_lua_string(out, answer->text, answer->length);
    else if (answer->has_seconds)
        shell_lua_seconds(out, answer->us);
    else
        fputs("nil", out);
    fputs(")\n", out);
}

void shell_record_add(shell_record_t *record, const char *typed, const shell_line_t *line,
                      const char *calls, const shell_answer_t *answer, uint64_t now_us)
{
    FILE *out = record->body;
    fprintf(out, "\n  -- %s\n%s", typed, calls);
    if (has_error(line->verb) || (line->verb == SHELL_LISTEN && line->on)) {
        fputs("  expect.eq(err, ", out);
        if (answer->err != NULL)
            fprintf(out, "\"%s\")\n", answer->err);
        else
            fputs("nil)\n", out);
    }
    if (has_answer(line->verb) || line->verb == SHELL_IPMON)
        put_answer(out, line, answer);
    if (has_error(line->verb) || line->verb == SHELL_SLEEP) {
        fputs("  expect.eq(box:now(), ", out);
        shell_lua_seconds(out, now_us);
        fputs(")\n", out);
    }
    add_packets(record);
}

/* ---- saving ---- */

/* The test's name: the file's, without its folder and end. */
static void name_test(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, size, "%s", slash != NULL ? slash + 1 : path);
    size_t length = strlen(name);
    if (length > 4)
        name[length - 4] = '\0';
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
}

/* => Returns NULL with errno: EEXIST if somebody else wrote it. */
static output_t *open_file(const shell_record_t *record, const char *path)
{
    struct stat st;
    bool own = record->saved != NULL && strcmp(record->saved, path) == 0;
    if (!own && lstat(path, &st) == 0) {
        errno = EEXIST;
        return NULL;
    }
    return output_to_file(path, 0);
}

shell_saved_t shell_record_save(shell_record_t *record, const char *path, char *error, size_t size)
{
    char name[SHELL_LINE_MAX + 1];
    fflush(record->body);
    if (record->body_size == 0) {
        snprintf(error, size, "there is nothing to save yet");
        return SHELL_SAVE_MISTAKE;
    }
    output_t *output = open_file(record, path);
    if (output == NULL) {
        snprintf(error, size, errno == EEXIST ? "%s is there already: take another name" : "%s: %s",
                 path, strerror(errno));
        return SHELL_SAVE_MISTAKE;
    }
    name_test(path, name, sizeof(name));
    fputs("-- Written by `lo0sim shell`.\n\n", output_stream(output));
    shell_lua_scenario(output_stream(output), name, record->body_text);
    if (!output_commit(output)) {
        snprintf(error, size, "%s: could not be written: %s", path, strerror(errno));
        return SHELL_SAVE_FAILED;
    }
    char *saved = text_copy(path);
    free(record->saved);
    record->saved = saved;
    return SHELL_SAVED;
}
