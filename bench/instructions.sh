#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Instructions of each kind of work of bench_path: callgrind's count for 2N minus that for N,
# divided by N. usage: bench/instructions.sh BUILD [WORK...]
set -e
bench=$1/bench/bench_path
shift
[ $# -gt 0 ] || set -- bare-refused refused refused-filter bare-accept accept accept-filter \
  bare-timeout timeout-filter bare-bulk bulk bulk-filter

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : //p'
}

for work in "$@"; do
  n=100
  one=$(count "$work" $n)
  two=$(count "$work" $((2 * n)))
  printf '%-16s %10d\n' "$work" $(((two - one) / n))
done
