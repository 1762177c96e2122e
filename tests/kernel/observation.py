# SPDX-License-Identifier: BSD-3-Clause
"""The observation of a row: what each step returned and when, and the packets on lo."""
import dataclasses


@dataclasses.dataclass
class Step:
    verb: str
    result: str
    began: float  # seconds since the first step
    ended: float

    @property
    def took(self):
        return self.ended - self.began


@dataclasses.dataclass
class Observation:
    steps: list = dataclasses.field(default_factory=list)
    packets: list = dataclasses.field(default_factory=list)  # (seconds, bytes from the IP header on)
    isn: int | None = None  # the client's initial sequence number, where it has sent a SYN

    def to_json(self):
        return {"isn": self.isn,
                "steps": [[s.verb, s.result, round(s.began, 6), round(s.ended, 6)]
                          for s in self.steps],
                "packets": [[round(at, 6), data.hex()] for at, data in self.packets]}

    @staticmethod
    def from_json(value):
        return Observation([Step(*step) for step in value["steps"]],
                           [(at, bytes.fromhex(data)) for at, data in value["packets"]],
                           value["isn"])
