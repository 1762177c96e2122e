/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results as bytes in a file that two processes share: a head, then three strings, the faults'
 * tallies and three texts.
 */
#include "sim/core/result.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct result_head {
    uint32_t status;
    int32_t line;
    uint32_t once;
    uint64_t now_us;
    uint64_t name_size, tags_size, report_size, faults_size;
    uint64_t trace_size, output_size, coverage_size;
    uint64_t trace_at, output_at, coverage_at; /* in the spool's file; UINT64_MAX: they follow */
} result_head_t;

const char *result_status_word(result_status_t status)
{
    static const char *const words[] = {"passed", "failed", "mistake", "crashed", "skipped"};
    assert(status < sizeof(words) / sizeof(words[0]));
    return words[status];
}

static bool write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static size_t length_of(const char *string)
{
    return string != NULL ? strlen(string) : 0;
}

/* A text that lies in memory. */
static bool write_text(int fd, const spool_t *text, uint64_t at)
{
    if (at != UINT64_MAX || spool_size(text) == 0)
        return true;
    return spool_write(text, fd);
}

bool result_write(int fd, int spool_fd, const result_t *result)
{
    result_head_t head = {.status = result->status,
                          .line = result->line,
                          .once = result->once,
                          .now_us = result->now_us,
                          .name_size = length_of(result->name),
                          .tags_size = length_of(result->tags),
                          .report_size = length_of(result->report),
                          .faults_size = result->fault_count * sizeof(*result->faults),
                          .trace_size = spool_size(result->trace),
                          .output_size = spool_size(result->output),
                          .coverage_size = spool_size(result->coverage)};
    if (!spool_share(result->trace, spool_fd, &head.trace_at) ||
        !spool_share(result->output, spool_fd, &head.output_at) ||
        !spool_share(result->coverage, spool_fd, &head.coverage_at))
        return false;
    return write_all(fd, &head, sizeof(head)) && write_all(fd, result->name, head.name_size) &&
           write_all(fd, result->tags, head.tags_size) &&
           write_all(fd, result->report, head.report_size) &&
           write_all(fd, result->faults, head.faults_size) &&
           write_text(fd, result->trace, head.trace_at) &&
           write_text(fd, result->output, head.output_at) &&
           write_text(fd, result->coverage, head.coverage_at);
}

/* => Returns the string, or other bytes, terminated, or NULL if it is incomplete. */
static char *read_string(int fd, uint64_t *offset, uint64_t size)
{
    char *string = must_malloc(size + 1);
    uint64_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, string + done, size - done, (off_t)(*offset + done));
        if (n <= 0) {
            free(string);
            return NULL;
        }
        done += (uint64_t)n;
    }
    string[size] = '\0';
    *offset += size;
    return string;
}

/* => Returns NULL if it is incomplete. */
static spool_t *read_text(int fd, uint64_t *offset, int spool_fd, uint64_t at, uint64_t size)
{
    if (at != UINT64_MAX)
        return spool_in_file(spool_fd, at, size);
    char *bytes = read_string(fd, offset, size);
    if (bytes == NULL)
        return NULL;
    spool_t *text = spool_create();
    bool kept = spool_put(text, bytes, (size_t)size);
    free(bytes);
    if (kept)
        return text;
    spool_free(text);
    return NULL;
}

bool result_read(int fd, int spool_fd, uint64_t *offset, result_t *result)
{
    result_head_t head;
    uint64_t at = *offset;
    if (pread(fd, &head, sizeof(head), (off_t)at) != (ssize_t)sizeof(head))
        return false;
    at += sizeof(head);
    *result = (result_t){.status = (result_status_t)head.status,
                         .line = head.line,
                         .once = head.once != 0,
                         .now_us = head.now_us,
                         .fault_count = head.faults_size / sizeof(*result->faults)};
    if ((result->name = read_string(fd, &at, head.name_size)) == NULL ||
        (result->tags = read_string(fd, &at, head.tags_size)) == NULL ||
        (result->report = read_string(fd, &at, head.report_size)) == NULL ||
        (result->faults = (fault_tally_t *)read_string(fd, &at, head.faults_size)) == NULL ||
        (result->trace = read_text(fd, &at, spool_fd, head.trace_at, head.trace_size)) == NULL ||
        (result->output = read_text(fd, &at, spool_fd, head.output_at, head.output_size)) == NULL ||
        (result->coverage = read_text(fd, &at, spool_fd, head.coverage_at, head.coverage_size)) ==
            NULL) {
        result_fini(result);
        return false;
    }
    /* A report may quote any bytes, and a process that crashes writes its report unescaped. */
    char *report = visible_text(result->report);
    free(result->report);
    result->report = report;
    *offset = at;
    return true;
}

void result_fini(result_t *result)
{
    free(result->name);
    free(result->tags);
    free(result->report);
    free(result->faults);
    spool_free(result->trace);
    spool_free(result->output);
    spool_free(result->coverage);
    *result = (result_t){0};
}
