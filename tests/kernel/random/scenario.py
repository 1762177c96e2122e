# SPDX-License-Identifier: BSD-3-Clause
"""A program as a scenario that expects the kernel's answers."""
import re

import firewall
import program

ADDRESS = {"lo4": "127.0.0.1", "lo6": "::1", "any4": "0.0.0.0", "any6": "::"}
HOW = {"r": "read", "w": "write", "b": "both"}


class Writer:
    def __init__(self, calls):
        self.owner = program.owners(calls)
        self.nonblocking, self.open, self.lines = {}, [], []

    def address(self, name, where):
        return f'"{ADDRESS[where + self.owner[name][0][3]]}"'

    @staticmethod
    def port(word):
        return f"select(2, {word[1:]}:getsockname())" if word.startswith("@") else word

    def seconds(self, name):
        return "0" if self.nonblocking.get(name) else str(program.WAIT_S)

    def is_udp(self, name):
        return self.owner[name][0].startswith("udp")

    def arguments(self, name, verb, words):
        """What stands between the brackets of the verb."""
        if verb == "bind":
            return self.address(name, words[0]) + (f", {words[1]}" if words[1] != "0" else "")
        if verb == "connect":
            wait = "" if self.is_udp(name) else f", {self.seconds(name)}"
            return f"{self.address(name, words[0])}, {self.port(words[1])}{wait}"
        if verb in ("send", "sendto"):
            data = f'("x"):rep({words[0]})'
            if verb == "sendto":
                return f"{data}, {self.address(name, words[1])}, {self.port(words[2])}"
            return data if self.is_udp(name) else f"{data}, {self.seconds(name)}"
        if verb == "recv":
            wait = self.seconds(name)
            return wait if self.is_udp(name) else f"{words[0] if words else 65536}, {wait}"
        if verb == "shutdown":
            return f'"{HOW[words[0]]}"'
        return ", ".join(words)

    def expect(self, call, answer):
        """A call whose result is an answer's first word."""
        result = answer.split(" [")[0]
        packets = f" -- {answer[len(result) + 1:]}" if " [" in answer else ""
        if re.match(r"^E[A-Z]+$", result):
            return f'  expect.eq(select(2, {call}), "{result}"){packets}'
        return f"  expect.ok({call}){packets}"

    def counted(self, call, answer):
        result = answer.split(" [")[0]
        if not result.isdigit():
            return self.expect(call, answer)
        return self.expect(call, answer).replace(f"expect.ok({call})", f"expect.eq(#{call}, {result})")

    def call(self, words, answer):
        if words[0] == "fw":
            return f"  box:filter([[\n{firewall.ipf(words[1:])}\n]])"
        name, verb, *rest = words
        if name == "raw":
            return f"  -- {' '.join(words)}: a segment of nobody's, by box:inject"
        if name == "exit":
            mine = [one for one in reversed(self.open) if self.owner[one][1] == int(verb)]
            return "".join(f"  {one}:close()\n" for one in mine).rstrip("\n") or "  -- nothing is open"
        if verb in program.KINDS:
            self.nonblocking[name] = rest[1:] == ["nb"]
            self.open.append(name)
            family = ', "inet6"' if verb.endswith("6") else ""
            return f'  local {name} = box:socket("{verb[:3]}"{family})'
        if answer == "EBADF":
            return f"  -- {' '.join(words)}: {name} is closed"
        return self.on_socket(name, verb, rest, answer)

    def on_socket(self, name, verb, rest, answer):
        if verb == "accept":
            return self.accept(name, rest[0], answer)
        if verb == "close":
            self.open.remove(name)
            return f"  {name}:close()"
        if verb == "nb":
            self.nonblocking[name] = rest[0] == "1"
            return f"  -- {name} {'does not block' if rest[0] == '1' else 'blocks'}"
        if verb == "set":
            number = rest[1] if rest[0] == "linger" and int(rest[1]) >= 0 else (
                "true" if rest[1] == "1" and rest[0] != "linger" else "false")
            return self.expect(f"{name}:set{{ {rest[0]} = {number} }}", answer)
        if verb in ("sockname", "peername"):
            return self.name(f"{name}:get{verb}()", answer)
        call = f"{name}:{verb.replace('poll', 'ready')}({self.arguments(name, verb, rest)})"
        if verb == "get":
            return f'  {name}:get("{rest[0]}") -- {answer}'
        if verb in ("poll", "state"):
            text = answer.split(" [")[0].replace("+", " ")
            return f'  expect.eq({call}, "{"" if text == "-" else text}")'
        if verb == "error":
            return f"  expect.eq({call}, {'nil' if answer == '0' else chr(34) + answer + chr(34)})"
        return self.counted(call, answer) if verb in ("recv", "peek") else self.expect(call, answer)

    def name(self, call, answer):
        address, _colon, port = answer.split(" [")[0].rpartition(":")
        if not address:
            return self.expect(call, answer)
        if port.isdigit():
            return f'  expect.eq({{ {call} }}, {{ "{address}", {port} }})'
        return f'  expect.eq(({call}), "{address}")'

    def accept(self, name, child, answer):
        call = f"{name}:accept({self.seconds(name)})"
        if not answer.startswith("ok"):
            return self.expect(call, answer)
        self.nonblocking[child] = self.nonblocking.get(name)
        self.open.append(child)
        return f"  local {child} = {call}\n  expect.ok({child})"


def of(name, calls, answers):
    writer = Writer(calls)
    lines = [f'test("{name}", {{ eras = {{ "linux" }} }}, function(box)']
    for words, answer in zip(calls, answers):
        lines.append(writer.call(words, answer))
        lines.append("  box:settle()")
    return "\n".join([*lines, "end)", ""])
