#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What only Linux has stands behind an interface, so that a port sees what it has to give: in
# sim/base/unnamed_file.c, sim/base/child.c and sim/exec/, and nowhere else (docs/architecture.md).
#
#     linux.sh [FOLDER]    in FOLDER's stack, filter and sim, or here

only='memfd_create|O_TMPFILE|FALLOC_FL|fallocate|prctl\(|personality\(|PR_SET_|SYS_[a-z]|unshare\(|setns\(|pidfd_'
only="$only|(epoll|timerfd|signalfd)_[a-z]+\(|eventfd\(|<linux/|<sys/(prctl|personality|syscall|epoll|eventfd|signalfd|timerfd)\.h>|/proc/"

look() {
  ! (cd "$1" && find stack filter sim -name '*.[ch]' ! -path 'sim/exec/*' ! -path sim/base/unnamed_file.c ! -path sim/base/child.c \
    ! -path 'sim/lab/*' -exec grep -nE "$only" {} +) | grep -vE '^[^:]*:[0-9]+: *(/\*|\*)'
}

# The check finds what it is to find.
planted=$(mktemp -d) || exit 1
trap 'rm -rf "$planted"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$planted/stack" "$planted/filter" "$planted/sim/base" "$planted/sim/exec"
echo 'int fd = memfd_create("x", 0);' >"$planted/sim/base/a.c"
echo '#include <linux/falloc.h>' >"$planted/stack/b.c"
echo 'prctl(PR_SET_PDEATHSIG, 9);' >"$planted/sim/exec/c.c"
if look "$planted" >"$planted/found" || [ "$(wc -l <"$planted/found")" -ne 2 ]; then
  echo 'linux.sh does not find what it is to find'
  exit 1
fi

look "${1:-.}" || {
  echo 'only Linux has these: they belong behind sim/base/unnamed_file.h, sim/base/child.h or sim/exec/exec.h'
  exit 1
}
