#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The completion of lo0sim: in bash, driven as by readline, and in both shells in a terminal.

    check_completion.py PROGRAM FOLDER [ZSH]

FOLDER has lo0sim.bash and _lo0sim; without ZSH, the program, zsh is left out.

Each command and option of `--help` is completed, each argument is of a known kind, and the values
are those that the program knows. Reports everything that is wrong.
"""
import os
import pathlib
import pty
import re
import select
import shlex
import subprocess
import sys
import tempfile
import time

PROGRAM, SCRIPT = sys.argv[1], shlex.quote(sys.argv[2] + "/lo0sim.bash")
ZSH = sys.argv[3] if len(sys.argv) > 3 else None
SCENARIO = """test("telnet localhost 22", function(box) box:connect("127.0.0.1", 22) end)
test("telnet: it's refused", function(box) box:connect("127.0.0.1", 22) end)
test("another", function(box) box:now() end)
"""
# A program without `run --list` gets one, so that FILE:TEST is tested all the same.
LISTER = """#!/bin/sh
case "$1 $2" in
  "run --help") %(program)s run --help; echo "      --list   names" ;;
  "run --list") sed -n "s|^test(\\"\\([^\\"]*\\)\\".*|$3:\\1|p" "$3" ;;
  *) exec %(program)s "$@" ;;
esac
"""
wrong = []


def output(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False).stdout


def bash(script, folder, **more):
    env = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", LC_ALL="C.UTF-8", **more)
    return subprocess.run(["bash", "--norc", "--noprofile", "-c", f"source {SCRIPT}\n{script}"],
                          cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False).stdout.split("\n")[:-1]


def words_of(line):
    """As readline parts a line without quotes: at blanks, and around = and colons."""
    words = re.findall(r"(?:\\.|[^\s:=\\])+|[:=]+", line)
    return words + [""] if line.endswith(" ") else words


def complete(line, folder):
    """The candidates for the last word."""
    words = " ".join("'" + word + "'" for word in words_of(line))
    return bash(f"""COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _lo0sim
((${{#COMPREPLY[@]}} == 0)) || printf '%s\\n' "${{COMPREPLY[@]}}" """, folder)


def expect(line, candidates, folder):
    found = complete(line, folder)
    if found != candidates:
        wrong.append(f"{line!r}\n  expected {candidates}\n  actual   {found}")


# ---- what --help says ----

def check_help(folder):
    commands = re.findall(r"^  (\w+) +\S", output("--help"), re.M)
    expect("lo0sim ", commands + ["--help", "--version"], folder)
    for command in commands:
        text = output(command, "--help")
        if command == "run" and "--list " not in text:
            text += "      --list   names\n"
        lines = re.findall(r"^ +(-\S.*?)(?:  .*)?$", text, re.M)
        names = [word.split(" ")[0] for line in lines for word in line.split(", ")]
        expect(f"lo0sim {command} -", names, folder)
        kinds = [(line.split(" ")[-2], line.split(" ")[-1]) for line in lines
                 if not line.split(" ")[-1].startswith("-")]
        for n in (1, 2, 3):
            name = bash(f"_lo0sim_positional {command} {n}", folder)
            kinds += [("", name[0])] if name else []
        for option, name in kinds:
            known = bash(f"_lo0sim_values '{option}' '{name}' && echo known", folder)
            if known[-1:] != ["known"]:
                wrong.append(f"lo0sim {command} {option} {name}: the completion knows no '{name}'; "
                             "add it to _lo0sim_values")


def check_values(folder):
    """The words of eras and modes are the program's, which it names where one is wrong."""
    for option, known in (("--era", "era"), ("--mode", "reply mode")):
        there = re.search(rf"there is no {known} 'x'.*there are: (.*)",
                          output("connect", option, "x", "::1", "1")).group(1).split(", ")
        expect(f"lo0sim connect {option} ", there, folder)
        expect(f"lo0sim connect {option}=", there, folder)
        expect(f"lo0sim compare {option}s ", there, folder)
    formats = re.search(r"there are: (.*)", output("ipftest", "-F", "x")).group(1).split(", ")
    expect("lo0sim ipftest -F ", formats, folder)


def check_lines(folder):
    for line, candidates in (
            ("lo0sim co", ["connect", "compare"]),
            ("lo0sim nonsense ", []),
            ("lo0sim connect --mode r", ["rewrite"]),
            ("lo0sim connect --era=i", ["illumos"]),
            ("lo0sim connect --seed ", []),
            ("lo0sim connect --listen l", ["localhost"]),
            ("lo0sim connect --mode inject localhost ", []),
            ("lo0sim compare --eras post,", ["post,snv_116", "post,illumos", "post,linux"]),
            ("lo0sim compare --modes inject,rewrite,e", ["inject,rewrite,errno"]),
            ("lo0sim run ", ["bin", "folder", "telnet.lua"]),
            ("lo0sim run -v t", ["telnet.lua"]),
            ("lo0sim run telnet.lua folder/", ["folder/deep.lua"]),
            ("lo0sim run --hook ", ["bin", "fault.so", "folder"]),
            ("lo0sim connect -f r", ["rules.conf"]),
            ("lo0sim ipf -nvf r", ["rules.conf"]),
            ("lo0sim ipftest -r rules.conf -i p", ["packets"]),
            ("lo0sim check rules.conf p", ["packets"]),
            ("lo0sim new ", []),
            ("lo0sim ipfstat -h telnet.lua:a", ["another"]),
            ("lo0sim ipfstat telnet.lua:", ["telnet\\ localhost\\ 22", "telnet:\\ it\\'s\\ refused",
                                            "another"]),
            ("lo0sim run telnet.lua:telnet\\ l", ["telnet\\ localhost\\ 22"]),
            ("lo0sim run telnet.lua:telnet:\\ ", ["\\ it\\'s\\ refused"]),
            ("lo0sim run nowhere.lua:", [])):
        expect(line, candidates, folder)


# ---- in a terminal ----

# How each shell is started, and told to complete, and to print its line at ^X^P. The quotes in
# rea''dy keep the terminal's echo from looking like the answer.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f"""source {SCRIPT}
bind 'set bell-style none'; bind -x '"\\C-x\\C-p": printf "<<%s>>\\n" "$READLINE_LINE"'
echo rea''dy
"""),
    "zsh": ([ZSH, "-f", "-i"], f"""unsetopt zle_bracketed_paste prompt_sp
fpath=({shlex.quote(sys.argv[2])} $fpath); autoload -Uz compinit; compinit -u -D
show() {{ zle -I; print -r -- "<<$BUFFER>>"; }}; zle -N show; bindkey '^X^P' show; print rea''dy
""")}


def typed(folder, shell, line):
    """The line that an interactive shell has after a TAB at the end of this one."""
    command, prepare = SHELLS[shell]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(PATH=f"{folder}/bin:{os.environ['PATH']}", TERM="dumb", LC_ALL="C.UTF-8",
                          PS1="> ", INPUTRC="/dev/null", HISTFILE="", ZDOTDIR=str(folder))
        os.execvp(command[0], command)
    os.write(terminal, prepare.encode())
    read_until(terminal, rb"\nready\r?\n")
    os.write(terminal, line.encode() + b"\t\x18\x10")
    seen = read_until(terminal, rb"<<(.*)>>")
    os.close(terminal)
    os.waitpid(pid, 0)
    return seen.group(1).decode() if seen else None


def read_until(terminal, pattern):
    seen, end = b"", time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
        found = re.search(pattern, seen)
        if found:
            return found
    return None


def has_terminals():
    """A chroot without devpts has none."""
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError:
        return False
    return True


def check_terminal(folder, shell):
    for line, after in (
            ("lo0sim conn", "lo0sim connect "),
            ("lo0sim connect --lis", "lo0sim connect --listen "),
            ("lo0sim connect --mode rew", "lo0sim connect --mode rewrite "),
            ("lo0sim connect --listen loc", "lo0sim connect --listen localhost "),
            ("lo0sim connect --hook fa", "lo0sim connect --hook fault.so "),
            ("lo0sim ipf -nvf ru", "lo0sim ipf -nvf rules.conf "),
            ("lo0sim run tel", "lo0sim run telnet.lua "),
            ("lo0sim run telnet.lua:a", "lo0sim run telnet.lua:another "),
            ("lo0sim run telnet.lua:telnet\\ l", "lo0sim run telnet.lua:telnet\\ localhost\\ 22 "),
            ("lo0sim run 'telnet.lua:telnet l", "lo0sim run 'telnet.lua:telnet localhost 22' ")):
        expect_typed(folder, shell, line, after)


def check_terminal_of_bash(folder):
    for line, after in (
            ("lo0sim connect --mode=rew", "lo0sim connect --mode=rewrite "),
            ('lo0sim run telnet.lua:"telnet l', 'lo0sim run telnet.lua:"telnet localhost 22" '),
            ("lo0sim compare --eras post,sn", "lo0sim compare --eras post,snv_116")):
        expect_typed(folder, "bash", line, after)


def expect_typed(folder, shell, line, after):
    found = typed(folder, shell, line)
    if found != after:
        wrong.append(f"in {shell}, {line!r} and TAB\n  expected {after!r}\n  actual   {found!r}")


def check_kinds():
    """Both shells know the same arguments."""
    scripts = [pathlib.Path(sys.argv[2], name).read_text() for name in ("lo0sim.bash", "_lo0sim")]
    kinds = [set(re.findall(r"^    (\S*:[^)]*)\) ", script, re.M)) for script in scripts]
    if len(kinds[0]) < 10:
        wrong.append("the arguments that lo0sim.bash knows are not found")
    for kind in sorted(kinds[0] ^ kinds[1]):
        wrong.append(f"one of lo0sim.bash and _lo0sim does not know the arguments '{kind}'")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path in ("bin", "folder"):
            (folder / path).mkdir()
        for path in ("rules.conf", "packets", "fault.so", "folder/deep.lua", "folder/deep.txt"):
            (folder / path).touch()
        (folder / "telnet.lua").write_text(SCENARIO)
        program = folder / "bin/lo0sim"
        if "--list " in output("run", "--help"):
            program.symlink_to(PROGRAM)
        else:
            program.write_text(LISTER % {"program": shlex.quote(PROGRAM)})
            program.chmod(0o755)
        check_help(folder)
        check_values(folder)
        check_lines(folder)
        check_kinds()
        if not has_terminals():
            print("there are no terminals here: is /dev/pts mounted?")
        else:
            check_terminal(folder, "bash")
            check_terminal_of_bash(folder)
        if ZSH and has_terminals():
            check_terminal(folder, "zsh")
    if wrong:
        sys.exit("\n".join(wrong))


main()
