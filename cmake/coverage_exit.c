/* SPDX-License-Identifier: BSD-3-Clause
 *
 * With LO0SIM_COVERAGE every program is linked with --wrap=_exit and this file: _exit() runs no
 * handler that would write down what was executed.
 */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
