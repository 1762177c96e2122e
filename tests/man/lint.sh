#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# lint.sh MANDOC FOLDER: mandoc reads each page without a warning and renders it. Two habits of
# scdoc are harmless and allowed: empty paragraphs after headings, and at the end of a list.

mandoc=$1
found=$(find "$2" -name '*.[0-9]' -exec "$mandoc" -T lint {} + 2>&1 |
  grep -E ': (WARNING|ERROR|UNSUPP):' | grep -v 'skipping paragraph macro: PP \(empty\|after SH\)')
if [ -n "$found" ]; then
  echo "$found"
  exit 1
fi

pages=0
for page in "$2"/man*/*; do
  name=$(basename "$page" | sed 's/\.[0-9]$//')
  "$mandoc" -T ascii "$page" | sed 's/.\x08//g' | grep -q "$name - " || {
    echo "$page: rendered, it has no line '$name - ...'"
    exit 1
  }
  pages=$((pages + 1))
done
echo "$pages pages"
[ "$pages" -gt 0 ]
