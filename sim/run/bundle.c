/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/bundle.h"

#include "filter/ipf_hosts.h"
#include "sim/base/folder.h"
#include "sim/base/must.h"
#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/run/golden.h"
#include "sim/run/observe.h"
#include "sim/run/worker.h"
#include "sim/script/script_file.h"
#include "sim/view/capture.h"
#include "sim/view/jsonl.h"
#include "sim/view/page.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static observer_t observe_packets(const char *option, const char *file)
{
    static const capture_options_t as_snoop_sees_them;
    observer_t observer = capture_observer(file, &as_snoop_sees_them);
    observer.option = option;
    return observer;
}

/* The files that observers write into a bundle. */
static const struct {
    const char *name;
    observer_t (*make)(const char *option, const char *file);
} observed_files[] = {
    {"trace.jsonl", jsonl_observer},
    {"capture.pcapng", observe_packets},
    {"page.html", page_observer},
};

#define OBSERVED_COUNT (sizeof(observed_files) / sizeof(observed_files[0]))

typedef struct bundle {
    const run_options_t *options;
    const char *script; /* the script's path */
    char folder[PATH_MAX_TEXT];
    int error;  /* the first errno; 0: everything is written */
    char *file; /* what it is about; NULL: the folder */
    int *reads; /* the first errno of copying what the script reads, in memory of both processes */
    char *ends; /* why its files end early; NULL: they are whole */
} bundle_t;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void note_error(bundle_t *bundle, const char *file, int error)
{
    if (bundle->error != 0)
        return;
    bundle->error = error;
    bundle->file = text_copy(file);
}

/* ---- folders and files ---- */

/* The path of a file in the bundle.
 * => The caller frees it. */
static char *path_in(const bundle_t *bundle, const char *name)
{
    char *path = must_asprintf("%s/%s", bundle->folder, name);
    return path;
}

/* => Returns NULL, noted in bundle->error, if it cannot be made; else close_file() ends it. */
static output_t *open_file(bundle_t *bundle, const char *name)
{
    char *path = path_in(bundle, name);
    folder_make_for(path, 0777);
    output_t *out = output_to_file(path, 0);
    if (out == NULL)
        note_error(bundle, path, errno);
    free(path);
    return out;
}

static void close_file(bundle_t *bundle, output_t *out)
{
    if (!output_commit(out))
        note_error(bundle, bundle->folder, errno);
}

static void write_text(bundle_t *bundle, const char *name, const char *text)
{
    output_t *out = open_file(bundle, name);
    if (out == NULL)
        return;
    fputs(text, output_stream(out));
    close_file(bundle, out);
}

static void write_timeline(bundle_t *bundle, const spool_t *trace)
{
    output_t *out = open_file(bundle, "timeline.txt");
    if (out == NULL)
        return;
    spool_print(trace, output_stream(out));
    close_file(bundle, out);
}

/* => Returns whether there is such a file in the bundle now; an error is noted. */
static bool copy_file(bundle_t *bundle, const char *from, const char *name)
{
    char bytes[65536];
    size_t n;
    FILE *in = fopen(from, "re");
    if (in == NULL) {
        note_error(bundle, from, errno);
        return false;
    }
    output_t *out = open_file(bundle, name);
    while (out != NULL && (n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        fwrite(bytes, 1, n, output_stream(out));
    if (ferror(in) != 0)
        note_error(bundle, from, errno);
    if (out != NULL)
        close_file(bundle, out);
    fclose(in);
    return out != NULL;
}

/* Copies a file that the script reads, named from the script's folder: it is in that folder or
 * below. One that is missing is the script's matter. Called in the test's process. */
static void copy_read(const void *arg, const char *name)
{
    bundle_t bundle = *(const bundle_t *)arg;
    char path[PATH_MAX_TEXT], error[PATH_MAX_TEXT + 200];
    if (!script_file_beside(bundle.script, name, path, sizeof(path), error, sizeof(error)) ||
        access(path, F_OK) != 0)
        return;
    copy_file(&bundle, path, name);
    if (*bundle.reads == 0)
        *bundle.reads = bundle.error;
    free(bundle.file);
}

/* ---- the command ---- */

static void put_limit(FILE *out, const char *option, uint64_t value, uint64_t common)
{
    if (value != common)
        fprintf(out, " %s %llu", option, (unsigned long long)value);
}

static void put_hooks(bundle_t *bundle, FILE *out)
{
    const hook_objects_t *hooks = &bundle->options->script.hooks;
    for (size_t i = 0; i < hooks->count; i++) {
        const hook_object_t *object = &hooks->objects[i];
        char *text = NULL;
        const char *name = base_name(object->path);
        bool copied = copy_file(bundle, object->path, name);
        text = must_asprintf("%s%s%s%s", copied ? "./" : "", copied ? name : object->path,
                             object->args[0] != '\0' ? ":" : "", object->args);
        fprintf(out, " --hook ");
        text_put_quoted(out, text);
        free(text);
    }
}

static void put_faults(const bundle_t *bundle, FILE *out)
{
    const fault_list_t *faults = &bundle->options->script.faults;
    for (size_t i = 0; i < faults->count; i++) {
        fprintf(out, " --fault ");
        text_put_quoted(out, faults->list[i].text);
    }
}

/* The names that rules can say, as a table of this folder. */
static void put_hosts(bundle_t *bundle, FILE *out)
{
    const ipf_hosts_t *hosts = ipf_hosts_in_use();
    output_t *table = hosts != NULL ? open_file(bundle, "hosts") : NULL;
    if (table == NULL)
        return;
    for (size_t i = 0; i < hosts->count; i++) {
        char line[IPF_HOST_LINE_MAX];
        ipf_host_line(&hosts->list[i], line);
        fprintf(output_stream(table), "%s\n", line);
    }
    close_file(bundle, table);
    fprintf(out, " --hosts hosts");
}

/* Executable for everybody who can read it. */
static void make_executable(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        chmod(path, st.st_mode | (st.st_mode & 0444) >> 2);
}

static void write_repeat(bundle_t *bundle, const char *test)
{
    const run_options_t *o = bundle->options;
    output_t *file = open_file(bundle, "repeat");
    if (file == NULL)
        return;
    FILE *out = output_stream(file);
    char *what = must_asprintf("%s:%s", base_name(bundle->script), test);
    char *path = path_in(bundle, "repeat");
    fprintf(out,
            "#!/bin/sh\n# Repeats the failure that this folder is about. LO0SIM is the program, "
            "where lo0sim is\n"
            "# not in PATH.\n"
            "cd \"$(dirname \"$0\")\" && exec \"${LO0SIM:-lo0sim}\" run --seed %llu",
            (unsigned long long)o->script.seed);
    put_limit(out, "--max-instant", o->script.limits.instant_events, BOX_INSTANT_EVENTS_MAX);
    put_limit(out, "--max-time", o->script.limits.virtual_us / 1000000,
              BOX_VIRTUAL_US_MAX / 1000000);
    put_limit(out, "--max-wall", o->wall_seconds, RUN_WALL_SECONDS);
    put_limit(out, "--max-instructions", o->script.instructions, 0);
    put_limit(out, "--max-memory", o->script.memory_bytes >> 20, 0);
    put_limit(out, "--max-output", o->script.output_bytes >> 20, 0);
    if (o->script.forced_era != NULL)
        fprintf(out, " --era %s", o->script.forced_era->name);
    if (o->script.forced_mode != NULL)
        fprintf(out, " --mode %s", reply_mode_name(*o->script.forced_mode));
    if (o->script.allow_exec)
        fprintf(out, " --allow-exec");
    put_hooks(bundle, out);
    put_faults(bundle, out);
    put_hosts(bundle, out);
    fprintf(out, " \"$@\" ");
    text_put_quoted(out, what);
    fputc('\n', out);
    close_file(bundle, file);
    make_executable(path);
    free(what);
    free(path);
}

/* ---- the bundle ---- */

/* Of the tests that FILE:TEST names, those with a mode in their name are others. */
static bool is_the_test(const void *arg, const char *path, const char *test, const char *tags)
{
    (void)path;
    (void)tags;
    return strcmp(arg, test) == 0;
}

/* Runs the test, which ended with `status`, once more, with all observers. */
static void run_again(bundle_t *bundle, const char *test, result_status_t status)
{
    observer_t observers[OBSERVED_COUNT];
    const observer_t timeline = timeline_observer("--bundle");
    const observer_t *pointers[OBSERVED_COUNT + 1];
    char *files[OBSERVED_COUNT], *what = NULL;
    script_options_t script = bundle->options->script;
    for (size_t i = 0; i < OBSERVED_COUNT; i++) {
        files[i] = path_in(bundle, observed_files[i].name);
        observers[i] = observed_files[i].make("--bundle", files[i]);
        pointers[i] = &observers[i];
    }
    pointers[OBSERVED_COUNT] = &timeline;
    script.observers = pointers;
    script.observer_count = OBSERVED_COUNT + 1;
    script.wanted = is_the_test;
    script.wanted_arg = test;
    script.reads = copy_read;
    script.reads_arg = bundle;
    what = must_asprintf("%s:%s", bundle->script, test);
    observed_t observed = observe_run(what, &script, bundle->options->wall_seconds);
    for (size_t i = 0; i < observed.count; i++) {
        const result_t *result = &observed.results[i];
        write_timeline(bundle, result->trace);
        /* Over a limit that the run's own files were not over, or a file that cannot be written. */
        if (result->once || (result->status != RESULT_PASSED && result->status != status))
            bundle->ends = must_asprintf("; its files end early: %.*s",
                                         (int)strcspn(result->report, "\n"), result->report);
    }
    observed_fini(&observed);
    free(what);
    for (size_t i = 0; i < OBSERVED_COUNT; i++)
        free(files[i]);
}

static void copy_golden(bundle_t *bundle)
{
    char golden[PATH_MAX_TEXT], name[PATH_MAX_TEXT];
    if (bundle->options->golden && golden_path(bundle->script, golden, sizeof(golden)) &&
        golden_path(base_name(bundle->script), name, sizeof(name)) && access(golden, F_OK) == 0)
        copy_file(bundle, golden, name);
}

/* FOLDER/FILE.TEST, both made valid in a file's name.
 * => Returns false if it is too long. */
static bool name_folder(bundle_t *bundle, const char *test)
{
    char pattern[PATH_MAX_TEXT];
    observer_t name = {.file = pattern};
    int used = snprintf(pattern, sizeof(pattern), "%s/%%f.%%t", bundle->options->bundle);
    return (size_t)used < sizeof(pattern) &&
           observer_path(&name, bundle->script, test, bundle->folder, sizeof(bundle->folder) - 300);
}

static void add_line(result_t *result, const bundle_t *bundle)
{
    size_t length = strlen(result->report);
    const char *end = length > 0 && result->report[length - 1] != '\n' ? "\n" : "";
    char *repeat = path_in(bundle, "repeat"), *word = text_shell_word(repeat);
    char *report = bundle->error == 0
                       ? must_asprintf("%s%sbundle: sh %s%s\n", result->report, end, word,
                                       bundle->ends != NULL ? bundle->ends : "")
                       : must_asprintf("%s%sno bundle: %s: %s\n", result->report, end,
                                       bundle->file != NULL ? bundle->file : bundle->folder,
                                       strerror(bundle->error));
    free(repeat);
    free(word);
    free(result->report);
    result->report = report;
}

static void write_files(bundle_t *bundle, const result_t *result)
{
    write_text(bundle, "report.txt", result->report);
    if (bundle->error != 0)
        return;
    copy_file(bundle, bundle->script, base_name(bundle->script));
    copy_golden(bundle);
    write_repeat(bundle, result->name);
    run_again(bundle, result->name, result->status);
    if (*bundle->reads != 0)
        note_error(bundle, bundle->folder, *bundle->reads);
}

void bundle_write(const run_options_t *options, const char *path, result_t *result)
{
    bundle_t bundle = {.options = options, .script = path};
    bundle.reads = mmap(NULL, sizeof(*bundle.reads), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bundle.reads == MAP_FAILED)
        must_end();
    if (name_folder(&bundle, result->name))
        write_files(&bundle, result);
    else
        bundle.error = ENAMETOOLONG;
    if (bundle.error != 0)
        rmdir(bundle.folder); /* if nothing is in it */
    add_line(result, &bundle);
    munmap(bundle.reads, sizeof(*bundle.reads));
    free(bundle.file);
    free(bundle.ends);
}
