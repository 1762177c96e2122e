#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the lab's single file from its parts.

    bundle.py SOURCE BUILD OUT

SOURCE is the project's folder, BUILD has lab.js and lab.wasm, OUT is the page.
"""
import base64
import json
import pathlib
import re
import sys

LIMIT = 1_500_000  # bytes: small enough to be mailed, and opened on a phone


def script(text):
    """The text, changed so that it ends no <script>; for a string, or what is only read as text."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def files(source):
    """The project's scenarios, rules and exercises, by their names."""
    found = [path for pattern in ("scenarios/*.lua", "scenarios/rules/*.conf", "exercises/*.lua")
             for path in sorted(source.glob(pattern))]
    return {str(path.relative_to(source)): path.read_text() for path in found}


def main():
    source, build, out = (pathlib.Path(given) for given in sys.argv[1:4])
    html, view = source / "sim" / "lab" / "html", source / "sim" / "view" / "html"
    given = {
        "files": files(source),
        "eras": ["post", "snv_116", "illumos", "linux"],
        "modes": ["inject", "rewrite", "netinfo", "errno"],
        "lesson": (source / "share" / "lesson.txt").read_text(),
    }
    parts = {
        "given": json.dumps(given, ensure_ascii=True).replace("<", "\\u003c"),
        "wasm": base64.b64encode((build / "lab.wasm").read_bytes()).decode(),
        "program": script((build / "lab.js").read_text()),
    }
    for path in (*view.glob("*.css"), *view.glob("*.js"), *html.glob("*.css"), *html.glob("*.js")):
        parts[path.name] = script(path.read_text()) if path.suffix == ".js" else path.read_text()
    template = (html / "lab.html").read_text()
    page = re.sub(r"\{\{([a-z.]+)\}\}", lambda mark: parts[mark[1]], template)
    out.write_text(page)
    size = out.stat().st_size
    if size > LIMIT:
        sys.exit(f"{out} has {size} bytes, more than {LIMIT}")


main()
