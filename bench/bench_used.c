/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a program used: runs it, and writes into FILE its processor time in seconds, with that of
 * the processes that it waited for, and the most memory that one of them had, in KiB. A process
 * begins with the memory of the one that started it, so a small one starts it.
 *
 * usage: bench_used FILE PROGRAM [ARGUMENT...]; exits as the program does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_used FILE PROGRAM [ARGUMENT...]\n");
        return 125;
    }
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    FILE *out = fopen(argv[1], "w");
    if (pid < 0 || waitpid(pid, &status, 0) != pid || out == NULL)
        return 126;
    getrusage(RUSAGE_CHILDREN, &usage);
    fprintf(out, "%.6f %ld\n", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
            usage.ru_maxrss);
    return fclose(out) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
