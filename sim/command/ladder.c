/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/ladder.h"

#include "sim/command/command.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH 80

/* The locale is only asked: the program runs in "C", so that no output depends on it. */
static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
    if (locale == NULL)
        return false;
    bool is_utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is_utf8;
}

static unsigned width_of(FILE *out)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    unsigned long width = columns != NULL ? strtoul(columns, NULL, 10) : 0;
    if (width >= LADDER_WIDTH_MIN && width <= LADDER_WIDTH_MAX)
        return (unsigned)width;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= LADDER_WIDTH_MIN && size.ws_col <= LADDER_WIDTH_MAX)
        return size.ws_col;
    return WIDTH;
}

ladder_style_t command_ladder_style(FILE *out)
{
    return (ladder_style_t){.width = width_of(out),
                            .ascii = isatty(fileno(out)) && !locale_is_utf8(),
                            .color = color_wanted(out)};
}

bool command_ladder(const char *command, command_ladder_t *ladder, int option, const char *text)
{
    uint64_t width;
    switch (option) {
    case OPT_LADDER:
        ladder->wanted = true;
        return true;
    case OPT_ASCII:
        ladder->other = "--ascii";
        ladder->style.ascii = true;
        return true;
    default:
        ladder->other = "--width";
        if (!command_number(command, "--width", text, LADDER_WIDTH_MIN, LADDER_WIDTH_MAX, &width))
            return false;
        ladder->style.width = (unsigned)width;
        return true;
    }
}

bool command_ladder_done(const char *command, const command_ladder_t *ladder)
{
    if (ladder->wanted || ladder->other == NULL)
        return true;
    command_mistake(command, "%s says how --ladder draws: give --ladder, too", ladder->other);
    return false;
}
