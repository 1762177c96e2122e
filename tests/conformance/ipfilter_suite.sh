#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Runs IPFilter's own regression suite, if its data and its runner are available: run.py takes
# programs with the arguments of ipftest and ipf. Exit 77 is "skipped".
#
#   ipfilter_suite.sh LO0SIM FOLDER

if [ ! -f "$2/run.py" ]; then
  echo "no suite in '$2': set LO0SIM_IPFILTER_SUITE"
  exit 77
fi
exec python3 "$2/run.py" --ipftest "$1 ipftest" --ipf "$1 ipf"
