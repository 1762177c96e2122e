/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH 80

/* The locale is only queried: the program runs in "C", so that no output depends on it. */
static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
    if (locale == NULL)
        return false;
    bool is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is_utf8;
}

static bool is_width(unsigned long width)
{
    return width >= TERMINAL_WIDTH_MIN && width <= TERMINAL_WIDTH_MAX;
}

unsigned terminal_width_or(FILE *out, unsigned otherwise)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    unsigned long width = columns != NULL ? strtoul(columns, NULL, 10) : 0;
    if (is_width(width))
        return (unsigned)width;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && is_width(size.ws_col))
        return size.ws_col;
    return otherwise;
}

unsigned terminal_width(FILE *out)
{
    return terminal_width_or(out, WIDTH);
}

bool terminal_is_ascii(FILE *out)
{
    return isatty(fileno(out)) && !locale_is_utf8();
}
