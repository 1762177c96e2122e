# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the scripts share. Sourced, with the project's root as the working directory.

# Ends a script with one line that says what is wrong and what to do.
die() {
  printf '%s: %s\n' "${SELF:-script}" "$*" >&2
  exit 1
}

# CMake's own files and lists cannot hold such a path; CMake takes \ for /.
case $PWD in
  *[]\"\#\;[\\]*) die "CMake cannot work in a folder with one of the characters \" # ; [ ] \\ in its path: move this clone" ;;
esac

say() {
  printf '%s\n' "$*"
}

# show_progress: shows standard input's newest line in one line of the terminal, and wipes it at the
# end.
show_progress() {
  local line
  while IFS= read -r line; do
    printf '\r\033[K%.*s' $((${COLUMNS:-80} - 1)) "$line" >&2
  done
  printf '\r\033[K' >&2
}

# run_quietly WHAT COMMAND...: shows nothing (on a terminal, one line of progress) unless the
# command fails; then shows the end of what it printed.
run_quietly() {
  local what=$1 log status=0
  shift
  log=$(mktemp)
  # shellcheck disable=SC2064 # the name of now
  trap "rm -f '$log' '$log.failed'; exit 1" INT TERM HUP
  if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
    { "$@" 2>&1 || echo failed >"$log.failed"; } | tee "$log" | show_progress
    [ ! -e "$log.failed" ] || status=1
    rm -f "$log.failed"
  else
    "$@" >"$log" 2>&1 || status=1
  fi
  if [ $status -ne 0 ]; then
    grep -qi 'no space left' "$log" && { rm -f "$log"; die "the disk is full: free some space and run this again"; }
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "$what failed; its last lines are above"
  fi
  rm -f "$log"
  trap - INT TERM HUP
}

# need_space MIB: it is better to find a full disk before the work than in the middle of it.
need_space() {
  local free
  free=$(df -Pm . | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$1" ] || die "the disk is nearly full: $free MiB are free here, $1 MiB are needed"
}

# CMake's options for the sources of Lua and musl, if the environment says where they are.
lua_options() {
  [ -z "${LUA_DIR:-}" ] || printf '%s\n' "-DLUA_DIR=$LUA_DIR"
  [ -z "${MUSL_DIR:-}" ] || printf '%s\n' "-DMUSL_DIR=$MUSL_DIR"
}

# The same, and also for lwIP.
source_options() {
  [ -z "${LWIP_DIR:-}" ] || printf '%s\n' "-DLWIP_DIR=$LWIP_DIR"
  lua_options
}
