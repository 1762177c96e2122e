#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Each verb of docs/scripting.md stands in the fuzzer's grammar; but those of a program that runs,
# since box:exec is refused there.
# verbs.sh SOURCE
cd "$1" || exit 1
grammar=tests/fuzz/sim/fuzz_world_grammar.h
fail=0
verbs=$(grep '^### ' docs/scripting.md | grep -oE '[a-z]+:[a-z_]+\(' | sed 's/.*://' | sort -u)
[ -n "$verbs" ] || { echo "docs/scripting.md has no verbs"; exit 1; }
for verb in $verbs; do
  case $verb in "wait(" | "kill(") continue ;; esac
  grep -q ":${verb%(}[({[]" "$grammar" || { echo "$grammar has no :${verb%(}"; fail=1; }
done
exit $fail
