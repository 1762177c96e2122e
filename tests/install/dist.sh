#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A release: script/dist makes the same bytes in two folders, and the tarball has every third-party
# header that lo0sim needs, so that it builds without their packages.
#
#   dist.sh SOURCE CC
#
# Exit 77: this is not a clone, or its sources are elsewhere.
set -eu
source=$1 cc=$2
[ -e "$source/.git" ] && [ -d "$source/.deps/lua" ] || exit 77
unset LWIP_DIR LUA_DIR MUSL_DIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
for folder in one 'the other'; do
  git clone -q --shared "$source" "$folder"
  ln -s "$source/.deps" "$folder/.deps"
  (cd "$folder" && script/dist tar >/dev/null)
done
cmp one/build/dist/*.tar.gz the\ other/build/dist/*.tar.gz

tar -xf one/build/dist/*.tar.gz
cd lo0sim-*
[ -s sources/commit ] && [ -e sources/lua/patched ] && [ -e sources/musl/src/math/pow.c ] && [ -e sources/lwip/COPYING ]
flags="-I. -isystem sources/include -isystem sources/lua/src -isystem sim/script/lua -D_GNU_SOURCE -std=c11"
flags="$flags -DLO0SIM_PCAP_SONAME=\"\" -DLO0SIM_JANSSON_SONAME=\"\" -DLO0SIM_EDIT_SONAME=\"\""
# shellcheck disable=SC2086 # several words
find filter sim -name '*.c' ! -name main.c ! -path 'sim/lab/*' ! -path 'sim/script/lua/*' \
  -exec $cc $flags -DLO0SIM_NO_ZLIB -M {} + >needed
tr ' ' '\n' <needed | grep -E '/(pcap|jansson|jansson_config|histedit|uthash)\.h$|/pcap/' | sort -u >theirs
[ "$(grep -cE '/(uthash|jansson|jansson_config|histedit|pcap)\.h$' theirs)" -ge 5 ]
if grep -v '^sources/include/' theirs; then
  echo "these headers are not in the tarball" >&2
  exit 1
fi
