/* SPDX-License-Identifier: BSD-3-Clause
 *
 * With LO0SIM_COVERAGE every program is linked with --wrap for these functions and this file: they
 * end a process, or make it another program, without the handlers that would write down what was
 * executed.
 */
void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
int __real_execvp(const char *file, char *const argv[]);
int __wrap_execvp(const char *file, char *const argv[]);
int __real_raise(int signal_number);
int __wrap_raise(int signal_number);

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

/* Whoever is still there counts on from zero: what was counted is written. */

int __wrap_execv(const char *path, char *const argv[])
{
    __gcov_dump();
    int result = __real_execv(path, argv);
    __gcov_reset();
    return result;
}

int __wrap_execvp(const char *file, char *const argv[])
{
    __gcov_dump();
    int result = __real_execvp(file, argv);
    __gcov_reset();
    return result;
}

int __wrap_raise(int signal_number)
{
    __gcov_dump();
    int result = __real_raise(signal_number);
    __gcov_reset();
    return result;
}
