# SPDX-License-Identifier: BSD-3-Clause
"""visible.py PREFIX [ARCHIVE...]: what is visible in the libraries (those installed in PREFIX, or ARCHIVE...)
is declared in a header that is installed in PREFIX. Prints how many names each shows."""
import glob
import os
import re
import subprocess
import sys


def declared(prefix):
    words = set()
    for name in glob.glob(os.path.join(prefix, "include/**/*.h"), recursive=True):
        with open(name, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        words |= set(re.findall(r"(\w+)\(", text))
        words |= set(re.findall(r"^extern .*?(\w+)[\[;]", text, flags=re.M))
    return words


def main():
    prefix, archives = sys.argv[1], sys.argv[2:]
    archives = archives or glob.glob(os.path.join(prefix, "lib*/**/*.a"), recursive=True)
    words, faults = declared(prefix), 0
    if not archives:
        sys.exit("there is no library")
    for archive in sorted(archives):
        listing = subprocess.run(["nm", "-g", "--defined-only", archive], check=True,
                                 capture_output=True, text=True).stdout
        shown = {line.split()[2] for line in listing.splitlines() if len(line.split()) == 3}
        hidden = sorted(shown - words)
        print(f"{os.path.basename(archive)}: {len(shown)} names, {len(hidden)} of them in no header: "
              f"{' '.join(hidden[:20])}")
        faults += len(hidden) > 0 or not shown
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
