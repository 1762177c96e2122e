#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A folder whose path CMake cannot hold is refused at once, by CMake and by the scripts; its neighbours
# are not.
#
#   folder.sh CMAKE SOURCE

set -euo pipefail
cmake=$1 source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

die() {
  printf 'folder.sh: %s\n' "$*" >&2
  exit 1
}

for name in 'a"b' 'a#b' 'a;b' 'a[b' 'a]b' 'a\b'; do
  mkdir -p "$scratch/$name/script"
  cp "$source/script/lib.sh" "$source/script/test" "$scratch/$name/script"
  said=$("$scratch/$name/script/test" 2>&1) && die "$name: script/test goes on"
  [ "$(wc -l <<<"$said")" = 1 ] || die "$name: script/test says more: $said"
  [[ $said == 'script/test: CMake cannot work in a folder with one of the characters "'* ]] || die "$name: $said"
  [ "$name" != 'a\b' ] || continue # CMake takes it for a/b
  said=$("$cmake" -S "$source" -B "$scratch/$name/build" 2>&1) && die "$name: CMake goes on"
  said=$(tr -s ' \n' ' ' <<<"$said")
  [[ $said == *'CMake cannot work in a folder with one of the characters " # ; [ ] in its path: move this one'* ]] ||
    die "$name: $said"
done

# In these it goes on, to what is missing here: the script that installs.
for name in "a'b c" 'a$b' 'a(b)&' 'aäb' 'a%b' 'a@b' 'a,b' 'a{b}' 'a*b'; do
  mkdir -p "$scratch/$name/script"
  cp "$source/script/lib.sh" "$source/script/test" "$scratch/$name/script"
  said=$("$scratch/$name/script/test" 2>&1) && die "$name: script/test goes on"
  [[ $said == *script/bootstrap* ]] || die "$name: $said"
done
