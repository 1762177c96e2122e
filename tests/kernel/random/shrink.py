# SPDX-License-Identifier: BSD-3-Clause
"""The shortest program that still differs: leaves out calls as long as it does."""
import program


def candidates(calls):
    """Shorter programs, the shortest first: without a half, a quarter, ..., one call; and with
    fewer rules."""
    size = max(1, len(calls) // 2)
    while True:
        for first in range(0, len(calls), size):
            yield calls[:first] + calls[first + size:]
        if size == 1:
            break
        size //= 2
    for i, words in enumerate(calls):
        if words[0] == "fw":
            for k in range(1, len(words)):
                yield calls[:i] + [words[:k] + words[k + 1:]] + calls[i + 1:]


def shortest(calls, which_differ):
    """`which_differ`: programs => for each, whether it differs."""
    while True:
        shorter = [one for one in map(program.without_strangers, candidates(calls)) if one]
        found = next((one for one, differs in zip(shorter, which_differ(shorter)) if differs), None)
        if found is None:
            return calls
        calls = found
