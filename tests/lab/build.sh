#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the lab's program if emscripten and the sources are there; else ends with 77, since a test
# installs nothing.
#
#   build.sh                       in the project's folder
#   build.sh --built COMMAND...    runs a command if it is built, else ends with 77

if [ "$1" = --built ]; then
  shift
  [ -e build/lab/lab.wasm ] && command -v emcc >/dev/null || {
    echo "the lab is not built: script/bootstrap lab installs what it takes"
    exit 77
  }
  exec "$@"
fi
command -v emcc >/dev/null && [ -e "${JANSSON_DIR:-.deps/jansson}/src/jansson.h" ] || {
  echo "there is no emscripten here, or no source of jansson: script/bootstrap lab gets both"
  exit 77
}
exec script/lab --program
