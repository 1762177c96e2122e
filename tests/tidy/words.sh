#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Sentences are for people: nothing above the trace compares an event's words, or searches in them.
# Code depends only on an event's typed fields, so that a sentence can be changed by itself.
#
#     words.sh [FOLDER]    in FOLDER/sim, or here

# A string function, or memcmp, that is given a reason, a note, a rule's text, or words of view/words.c.
compares='(str[a-z]*cmp|strn[a-z]*cmp|strr?chr|str[a-z]*str|strspn|strcspn|strpbrk|memr?chr|memcmp|memmem)'
words='(reason|note\.text|copied|words_[a-z_]+\(|trace_rule_text\(|timeline_text\()'

look() {
  ! grep -rnE --include='*.[ch]' "[^a-z_]$compares\([^;]*$words" "$1/sim"
}

# The check finds what it is to find.
planted=$(mktemp -d) || exit 1
trap 'rm -rf "$planted"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$planted/sim"
echo 'if (strcmp(event->fanout.reason, "not a SYN: ignored") == 0)' >"$planted/sim/a.c"
echo 'x = strstr(words_call_text(&event->call, text), "refused");' >"$planted/sim/b.c"
if look "$planted" >"$planted/found" || [ "$(wc -l <"$planted/found")" -ne 2 ]; then
  echo 'words.sh does not find what it is to find'
  exit 1
fi

look "${1:-.}" || {
  echo "these look into words: an event's typed fields say it (sim/core/trace.h)"
  exit 1
}
