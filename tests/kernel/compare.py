# SPDX-License-Identifier: BSD-3-Clause
"""Two observations of a row: their description, and whether they are the same.

Results and packets must be equal, and the kernel's times those of the simulator or a little later:
a real timer is late, never early.
"""
from cases import PORT
from packet import texts

LATE_RATIO = 0.04
LATE_S = 0.05    # for a program to get a processor, at any time
EARLY_S = 0.002  # two clocks are read: one for calls, one for packets


def is_on_time(kernel, simulated):
    return simulated - EARLY_S <= kernel <= simulated * (1 + LATE_RATIO) + LATE_S


def lines(observation):
    """What is compared without its time."""
    return ([(step.took, f"{step.verb}: {step.result}") for step in observation.steps]
            + [(at, text) for at, text, _word in texts(observation, PORT)])


def differences(kernel, simulated):
    """=> Sentences; none where the two are the same."""
    a, b = lines(kernel), lines(simulated)
    for (at, left), (nominal, right) in zip(a, b):
        if left != right:
            yield f"kernel: {left}; lo0sim: {right}"
        elif not is_on_time(at, nominal):
            yield f"{left}: kernel {at:.3f} s, lo0sim {nominal:.3f} s"
    for who, rest in (("kernel", a[len(b):]), ("lo0sim", b[len(a):])):
        for _at, text in rest:
            yield f"only {who}: {text}"


def is_only_late(kernel, simulated):
    """Whether they differ, and only in that the kernel was too late."""
    a, b = lines(kernel), lines(simulated)
    return (any(differences(kernel, simulated))
            and [text for _at, text in a] == [text for _at, text in b]
            and all(at >= nominal - EARLY_S for (at, _left), (nominal, _right) in zip(a, b)))


def took(step):
    return f" {step.took:.2f} s" if step.took >= 0.3 else ""


def summary(observation):
    """What came of it, and what was seen on lo: each in a few words."""
    results = " / ".join("0" if step.result == "ok" and step.verb != "connect" else
                         ("connected" if step.result == "ok" else step.result) + took(step)
                         for step in observation.steps)
    words = " ".join(word for _at, _text, word in texts(observation, PORT))
    return results, words or "-"


def details(observation):
    for step in observation.steps:
        yield f"{step.began:9.3f}  {step.verb}: {step.result}, {step.took:.3f} s"
    for at, text, _word in texts(observation, PORT):
        yield f"{at:9.3f}  {text}"
