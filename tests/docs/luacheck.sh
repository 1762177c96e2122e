#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# luacheck.sh LUACHECK PROGRAM, in the project's folder: luacheck has no complaint about the
# scenarios and the one that `lo0sim new` writes, and finds what is misspelt.

luacheck=$1 program=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# finds LINE TEXT: luacheck says TEXT about line LINE of misspelt.lua.
finds() {
  grep -q "misspelt.lua:$1:.*$2" "$folder/log" || {
    cat "$folder/log"
    echo "line $1: '$2' is not found"
    exit 1
  }
}

"$luacheck" --no-color --quiet scenarios || exit 1
(cd scenarios && "$luacheck" --no-color --quiet .) || exit 1
"$luacheck" --no-color --quiet --no-config --only 0 -- scenarios/meta/lo0sim.lua || exit 1

cp scenarios/.luacheckrc "$folder"
cd "$folder" || exit 1
"$program" new written >/dev/null && "$luacheck" --no-color --quiet . || exit 1

cat >misspelt.lua <<'LUA'
tset("a misspelt verb", function(box)
  local unused = box:now()
  expect.eqq(box:now(), 0)
  os.exit(0)
  print("hello")
end)
LUA
"$luacheck" --no-color misspelt.lua >log && {
  echo "luacheck has nothing to say of what is misspelt"
  exit 1
}
finds 1 "undefined variable 'tset'"
finds 2 "unused variable 'unused'"
finds 3 "undefined field 'eqq' of global 'expect'"
finds 4 "undefined variable 'os'"
finds 5 "undefined variable 'print'"
