"""Small logs whose every message knows its template: for testing how well templates are found."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

Labelled = tuple[list[str], list[int]]

USERS = "amelie bruno chidi dagny elif farid greta hugo ines jakub kaori linus mira nadir olga pavel".split()
SHIPS = "Aurora Borealis Castor Dione Europa Faraday Galatea Halcyon Icarus Juno".split()
HOSTS = "quay-01.port.example quay-02.port.example crane7.port.example gate.port.example db.internal.example".split()


def _number(chosen: random.Random, most: int = 100_000) -> int:
    return chosen.randrange(most)


HARBOUR: tuple[Callable[[random.Random], str], ...] = (
    lambda r: f"ship {r.choice(SHIPS)} moored at berth {_number(r, 40)}",
    lambda r: f"ship {r.choice(SHIPS)} left berth {_number(r, 40)} after {_number(r)} minutes",
    lambda r: f"crane {_number(r, 9)}: load {_number(r)} kg, cable {_number(r) / 7:.2f} % worn",
    lambda r: "tide gauge calibrated",
    lambda r: "tide gauge out of range",
    lambda r: f"pilot {r.choice(USERS)} on board of {r.choice(SHIPS)}, channel {_number(r, 90)}",
    lambda r: f"berth {_number(r, 40)} reserved by /var/spool/harbour/{r.choice(USERS)}/{_number(r)}.req",
    lambda r: f"manifest {uuid.UUID(int=r.getrandbits(128))} accepted",
    lambda r: f"manifest {uuid.UUID(int=r.getrandbits(128))} rejected",
    lambda r: f"weights: {', '.join(str(_number(r)) for _ in range(r.randrange(1, 9)))} checked",
)
GATEWAY: tuple[Callable[[random.Random], str], ...] = (
    lambda r: f"connection from 10.{_number(r, 256)}.{_number(r, 256)}.{_number(r, 256)}:{_number(r, 65536)} accepted",
    lambda r: f"connection from 10.{_number(r, 256)}.{_number(r, 256)}.{_number(r, 256)}:{_number(r, 65536)} refused",
    lambda r: f"login of {r.choice(USERS)} from {r.choice(HOSTS)} succeeded",
    lambda r: f"login of {r.choice(USERS)} from {r.choice(HOSTS)} failed: wrong password",
    lambda r: f"login of {r.choice(USERS)} from {r.choice(HOSTS)} failed: account locked",
    lambda r: f"session {r.getrandbits(64):016x} opened (user={r.choice(USERS)} tty=pts/{_number(r, 20)})",
    lambda r: f"session {r.getrandbits(64):016x} closed",
    lambda r: f"cache: {_number(r)} entries, {_number(r, 900)}.{_number(r, 9)} MB used",
    lambda r: f"peer fe80::{r.getrandbits(16):x}:{r.getrandbits(16):x} is {_number(r, 64)} hops away",
    lambda r: f"reload of C:\\Gate\\rules{_number(r, 9)}.cfg requested by {r.choice(USERS)}",
)
DRIVER: tuple[Callable[[random.Random], str], ...] = (
    lambda r: f"dma{_number(r, 4)}: transfer of 0x{r.getrandbits(20):x} bytes to 0x{r.getrandbits(32):08x} done",
    lambda r: f"dma{_number(r, 4)}: transfer of 0x{r.getrandbits(20):x} bytes to 0x{r.getrandbits(32):08x} timed out",
    lambda r: f"eth{_number(r, 4)}: link up at {r.choice((10, 100, 1000))} Mb/s",
    lambda r: f"eth{_number(r, 4)}: link down",
    lambda r: "watchdog: fed",
    lambda r: f"sensor {r.choice(('inlet', 'outlet'))} too warm: {_number(r, 120)} C",
    lambda r: f"task_{_number(r)}_m_{_number(r)} finished on node{_number(r, 300)}",
    lambda r: f"block blk_{r.choice(('', '-'))}{r.getrandbits(60)} verified",
    lambda r: f"clock set to {r.choice(('Mon', 'Tue'))} Mar {1 + _number(r, 28)} 0{_number(r, 9)}:11:12 2026",
    lambda r: f"firmware {_number(r, 9)}.{_number(r, 9)}.{_number(r, 99)} loaded in {_number(r)} ms",
)
SETS = {"harbour": HARBOUR, "gateway": GATEWAY, "driver": DRIVER}


def labelled(name: str, count: int, seed: int = 1) -> Labelled:
    """Messages of the set and the template of each. The sensors' two places count as two templates."""
    chosen = random.Random(seed)
    kinds = SETS[name]
    messages: list[str] = []
    labels: list[int] = []
    for _ in range(count):
        label = min(int(chosen.expovariate(0.3)), len(kinds) - 1)
        message = kinds[label](chosen)
        messages.append(message)
        labels.append(100 + label if "outlet" in message else label)
    return messages, labels


def grouping_accuracy(found: Sequence[Hashable], labels: Sequence[Hashable]) -> float:
    """The share of messages whose group, as found, is exactly the group of their label."""
    ours: defaultdict[Hashable, list[int]] = defaultdict(list)
    theirs: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, (number, label) in enumerate(zip(found, labels, strict=True)):
        ours[number].append(index)
        theirs[label].append(index)
    right = {tuple(group) for group in theirs.values()}
    return sum(len(group) for group in ours.values() if tuple(group) in right) / len(labels)
