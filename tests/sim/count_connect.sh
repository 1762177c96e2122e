#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The instructions of a refused connect under return-rst in a box without observers: the difference
# of two counts, so that what the process does only once cancels out.
#
#     count_connect.sh BENCH_CONNECT MOST

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" refused "$1" 2>&1 |
    sed -n 's/.*Collected : //p'
}

bench=$1
few=$(count 1000) || exit 1
many=$(count 2000)
each=$(((many - few) / 1000))
echo "$each instructions for a refused connect; at most $2"
[ "$each" -gt 1000 ] && [ "$each" -le "$2" ]
