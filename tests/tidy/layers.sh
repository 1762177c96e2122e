#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Dependencies point one way: sim on stack and filter; filter on the stack's two public headers
# (and the checksum beside them); lwIP's headers stay in stack.

fail=0

# no FOLDER PATTERN SENTENCE: no file in the folder has a line that matches; else prints the
# sentence.
no() {
  if grep -rnE --include='*.[ch]' "$2" "$1"; then
    echo "$3"
    fail=1
  fi
}

no filter '#include "(sim|lwip)/' 'filter/ includes neither the simulator nor lwIP'
no filter '#include "stack/(ip_|socket|vclock)' 'of stack/, filter/ includes hook.h, neti.h and in_cksum.h only'
no stack '#include "(sim|filter)/' 'stack/ includes neither the simulator nor the filter'
inner='ip_impl|ip_path|icmp_impl|tcp_endpoint|tcp_impl|tcp_segment|ipclassifier|sonode'
no sim "#include \"(lwip/|stack/($inner))" "lwIP's types stay in stack/"
no filter "#include \"stack/($inner)" "filter/ includes nothing that is the stack's own"
if grep -nE "#include \"stack/($inner)" stack/ip_impl.h; then
  echo "stack/ip_impl.h is below the stack's other headers of its own"
  fail=1
fi

# Inside sim/ each folder includes itself and those before it, lowest first. main.c is on top.
below=''
for floor in base packet ipftest core view exec script explore run shell command lab; do
  below="$below${below:+|}$floor"
  if grep -rnE --include='*.[ch]' '#include "sim/' "sim/$floor" | grep -vE "#include \"sim/($below)/"; then
    echo "sim/$floor includes a folder above it; it may include: $below"
    fail=1
  fi
done
for folder in sim/*/; do
  case "|$below|" in
    *"|$(basename "$folder")|"*) ;;
    *) echo "$folder is on no floor"; fail=1 ;;
  esac
done

# Nothing below sim prints.
no stack '[^a-z_](printf|fprintf|puts|putchar)\(' 'nothing in stack/ prints'
no filter '[^a-z_](printf|fprintf|puts|putchar)\(' 'nothing in filter/ prints'

# Every file names its licence.
for file in stack/*.[ch] filter/*.[ch] filter/*/*.[ch] sim/main.c sim/*/*.[ch]; do
  head -n 1 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || {
    echo "$file: the first line is not its SPDX line"
    fail=1
  }
done
exit $fail
