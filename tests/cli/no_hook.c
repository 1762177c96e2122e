/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A shared object without hooks.
 */
int no_hook(void);

int no_hook(void)
{
    return 0;
}
