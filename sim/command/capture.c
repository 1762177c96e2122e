/* SPDX-License-Identifier: BSD-3-Clause
 *
 * -w and what goes with it, for run and connect.
 */
#include "sim/command/command.h"

static bool take_file(const char *command, command_capture_t *capture, const char *text)
{
    if (capture->file != NULL) {
        command_mistake(command, "-w is given twice; a capture is of one tap, in one file");
        return false;
    }
    capture->file = text;
    return true;
}

static bool take_tap(const char *command, command_capture_t *capture, const char *text)
{
    capture->other = "--tap";
    if (capture_tap_find(text, &capture->options.tap))
        return true;
    command_mistake(command, "there is no tap '%s'; there are: %s", text, CAPTURE_TAP_NAMES);
    return false;
}

static bool take_linktype(const char *command, command_capture_t *capture, const char *text)
{
    capture->other = "--linktype";
    capture->linktype = text;
    if (capture_linktype_find(text, &capture->options.linktype))
        return true;
    command_mistake(command, "there is no link type '%s'; there are: %s", text,
                    CAPTURE_LINKTYPE_NAMES);
    return false;
}

bool command_capture(const char *command, command_capture_t *capture, int option, const char *text)
{
    if (option == OPT_TAP)
        return take_tap(command, capture, text);
    if (option == OPT_LINKTYPE)
        return take_linktype(command, capture, text);
    return take_file(command, capture, text);
}

bool command_capture_done(const char *command, command_capture_t *capture,
                          command_observers_t *observers)
{
    capture->options.snoop = capture->file != NULL && capture_is_snoop(capture->file);
    if (capture->options.snoop && capture->linktype != NULL &&
        capture->options.linktype != CAPTURE_IPNET) {
        command_mistake(command,
                        "-w %s is a file of snoop's, whose link type is ipnet, not %s; name it "
                        "FILE.pcapng",
                        capture->file, capture->linktype);
        return false;
    }
    if (capture->file != NULL)
        return command_observe(command, observers,
                               capture_observer(capture->file, &capture->options));
    if (capture->other == NULL)
        return true;
    command_mistake(command, "%s says what -w writes: give -w FILE.pcapng, too", capture->other);
    return false;
}
