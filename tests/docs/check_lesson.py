#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The lesson and its exercises: docs/teaching.md is made from share/lesson.txt; each exercise as
given says what is wrong with it, and its key solves it without changing the part that asks.

    check_lesson.py SOURCE LO0SIM
"""
import pathlib
import subprocess
import sys

MARK = "-- What follows asks"


def run(lo0sim, path):
    done = subprocess.run([lo0sim, "run", path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def check_exercise(lo0sim, path):
    key = path.parent / "keys" / path.name
    given, asks = path.read_text().split(MARK)
    solved, asked = key.read_text().split(MARK)
    if asks != asked:
        sys.exit(f"{key} changes what asks")
    code, said = run(lo0sim, path)
    if code != 1 or "expect.fail: " not in said:
        sys.exit(f"{path} does not say what is wrong with it:\n{said}")
    for line in set(solved.split("\n")) - set(given.split("\n")):
        if line and line in said:
            sys.exit(f"{path} tells the answer:\n{said}")
    code, said = run(lo0sim, key)
    if code != 0:
        sys.exit(f"{key} does not solve it:\n{said}")


def check_tour(lo0sim):
    """Each step has one right answer, takes it, and goes on to the next."""
    answers = "3 2 2 5 3 2 3 2".split()
    done = subprocess.run([lo0sim, "tour"], input="\n".join(answers) + "\n", capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout.count("So it is.") != len(answers) or "That is all." not in done.stdout:
        sys.exit(f"the tour does not take the right answers:\n{done.stdout}{done.stderr}")
    wrong = subprocess.run([lo0sim, "tour", "2"], input="1\nwhat\n", capture_output=True, text=True, check=False).stdout
    if "It is otherwise." not in wrong or "\nRight is 2, ETIMEDOUT" not in wrong or "lo0sim tour 3" not in wrong:
        sys.exit(f"after a wrong answer the right one is not named:\n{wrong}")
    if "\nA number of the list is wanted.\n" not in wrong or "\nA number is wanted.\n" not in subprocess.run(
            [lo0sim, "tour"], input="what\n", capture_output=True, text=True, check=False).stdout:
        sys.exit("what a useless answer is told does not stand on a line of its own")
    silent = subprocess.run([lo0sim, "tour"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if silent.returncode != 0 or "8. The ways not taken" not in silent.stdout or "* ETIMEDOUT" not in silent.stdout:
        sys.exit(f"without answers not all is printed:\n{silent.stdout}")
    paper = subprocess.run([lo0sim, "tour", "--paper"], capture_output=True, text=True, check=False).stdout
    questions, found, answered = paper.partition("Answers; ")
    if not found or "* ETIMEDOUT" in questions or "* ETIMEDOUT" not in answered:
        sys.exit(f"on paper the answers do not stand at the end:\n{paper}")


def main():
    source, lo0sim = pathlib.Path(sys.argv[1]), sys.argv[2]
    done = subprocess.run([sys.executable, source / "script" / "lesson", "--check"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    exercises = sorted((source / "exercises").glob("*.lua"))
    for path in exercises:
        check_exercise(lo0sim, path)
    check_tour(lo0sim)
    print(f"{len(exercises)} exercises")


main()
