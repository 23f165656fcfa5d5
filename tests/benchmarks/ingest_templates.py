"""Folding logs: speed against drain3 on the same messages in the same run, grouping accuracy, tokens, memory.

    uv run --group rivals python -m tests.benchmarks.ingest_templates [--quick] [--labelled FOLDER]

--labelled, or PLUMBLINE_LABELLED_LOGS: a folder with sets of loghub (NAME/NAME_2k.log_structured.csv); they are no part
of this project. HDFS, BGL and Linux are the sets that were looked at while the rules were made; see ACCURACY below.
drain3 is measured as it comes and with values masked by patterns, which is how it is mostly used; without it installed
only our own figures are printed. Messages are given to both without their heads; each number in a set's messages is
replaced by another for each of its repetitions, so that no message comes twice because of that.

ACCURACY (share of messages in exactly the group of their label; drain3's best of three settings): HDFS 1.000 (0.998),
BGL 0.990 (0.969), Linux 0.932 (0.687); not looked at before: Apache 1.000 (1.000), OpenSSH 1.000 (0.718). Spark, at
first sight 0.923, then looked at: 0.998 (0.997).

Seen on two cores that others kept busy, in processor time: 50 to 200 MB/s of messages, 3.6 to 11 times drain3 as it
comes and 8 to 30 times drain3 with values masked, after one megabyte (BGL, the slowest, 13 times after six); from the
file to the folded text 16 to 19 MB/s. Growth over 300 MB of log: 16 MB.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ingest.log_templates import TemplateMiner
from ingest.open_path import open_paths
from ingest.view import LogView, View
from tests.benchmarks.ingest import show
from tests.ingest.labelled_logs import SETS, grouping_accuracy, labelled

BATCH = 2_000
ENVIRONMENT = "PLUMBLINE_LABELLED_LOGS"
SEEN = ("HDFS", "BGL", "Linux")
_DIGITS = re.compile("[0-9]+")
_FOLDED = View(log=LogView(fold=True))

Mine = Callable[[Sequence[str]], list[int]]


def ours(messages: Sequence[str]) -> list[int]:
    """The template of each message."""
    miner = TemplateMiner()
    numbers: list[int] = []
    for start in range(0, len(messages), BATCH):
        numbers += miner.add(messages[start : start + BATCH])
    found = miner.templates().of_shape
    return [found[number] for number in numbers]


def rivals() -> dict[str, Mine]:
    """drain3 in its settings, if it is installed."""
    try:
        from drain3 import TemplateMiner as Drain
        from drain3.masking import MaskingInstruction
        from drain3.template_miner_config import TemplateMinerConfig
    except ImportError:
        return {}

    def mine(messages: Sequence[str], masked: bool, delimiters: Sequence[str] = ()) -> list[int]:
        config = TemplateMinerConfig()
        config.profiling_enabled = False
        config.drain_extra_delimiters = list(delimiters)
        if masked:
            config.masking_instructions = [
                MaskingInstruction(pattern, name)
                for pattern, name in (
                    (r"(?<![A-Za-z0-9])(?:[0-9a-f]{2}:){5,}[0-9a-f]{2}(?![A-Za-z0-9])", "MAC"),
                    (r"(?<![A-Za-z0-9])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![A-Za-z0-9])", "IP"),
                    (r"(?<![A-Za-z0-9])0x[a-fA-F0-9]+(?![A-Za-z0-9])", "HEX"),
                    (r"(?<![A-Za-z0-9])[-+]?\d+(?![A-Za-z0-9])", "NUM"),
                )
            ]
        drain = Drain(config=config)
        return [drain.add_log_message(message)["cluster_id"] for message in messages]

    return {
        "drain3": lambda messages: mine(messages, False),
        "drain3, masked": lambda messages: mine(messages, True),
        "drain3, masked, _ apart": lambda messages: mine(messages, True, "_"),
    }


def sets_in(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, messages and labels of each set of loghub in `folder`."""
    for path in sorted(folder.glob("*/*_structured.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        yield path.parent.name, [row["Content"] for row in rows], [row["EventId"] for row in rows]


def repeated(messages: Sequence[str], times: int) -> list[str]:
    """`messages` so many times, with other digits each time."""
    chosen = random.Random(4)

    def other(match: re.Match[str]) -> str:
        length = len(match[0])
        return str(chosen.randrange(10 ** (length - 1), 10**length)) if length > 1 else match[0]

    return [_DIGITS.sub(other, message) for _ in range(times) for message in messages]


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one run: what else this computer does does not count."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compare_miners(name: str, messages: Sequence[str]) -> None:
    """Speed of ours against drain3."""
    megabytes = sum(map(len, messages)) / 1e6
    mine = seconds(lambda: ours(messages))
    print(f"{name}: {megabytes:.1f} MB of messages, {megabytes / mine:.0f} MB/s", flush=True)
    for rival, run in rivals().items():
        theirs = seconds(lambda run=run: run(messages))  # type: ignore[misc]
        show(f"  against {rival} ({megabytes / theirs:.1f} MB/s, {theirs / mine:.1f} x faster)", mine, theirs)


def accuracy(name: str, messages: Sequence[str], labels: Sequence[object]) -> None:
    """One line of the table."""
    found = {"ours": ours(messages), **{rival: run(messages) for rival, run in rivals().items()}}
    figures = " · ".join(f"{who} {grouping_accuracy(groups, labels):.4f}" for who, groups in found.items())
    print(f"{name:<12} {len(set(labels)):>4} labels, {len(set(found['ours'])):>4} groups · {figures}", flush=True)


def write_log(path: Path, megabytes: int) -> None:
    """About so many megabytes of records of the three made-up sets, one in 20,000 an ERROR of three lines."""
    chosen = random.Random(7)
    heads = [name for name in SETS for _ in range(1)]
    messages = {name: labelled(name, 20_000, seed=8)[0] for name in heads}
    moment, written, number = 1_773_471_600.0, 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < megabytes * 1_000_000:
            lines: list[str] = []
            for _ in range(10_000):
                name = chosen.choice(heads)
                moment += 0.013
                number += 1
                clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
                if number % 20_000 == 0:
                    lines.append(f"{clock}Z ERROR {name}: request {number} failed\n  at step {number % 7}\n  at main\n")
                    continue
                text = messages[name][chosen.randrange(20_000)]
                lines.append(f"{clock}Z INFO {name}: {text} [{number}]\n")
            written += file.write("".join(lines))


def compare_reading(folder: Path, megabytes: int) -> None:
    """From the file to the folded text, against reading it unfolded, and against drain3 on the same lines."""
    path = folder / "long.log"
    write_log(path, megabytes)
    size = path.stat().st_size / 1e6
    plain = seconds(lambda: open_paths([path]))
    folding = seconds(lambda: open_paths([path], view=_FOLDED))
    (document,) = open_paths([path], view=_FOLDED).documents
    text = sum(len(section.text) for section in document.sections)
    print(f"folded from the file: {size:.0f} MB, {size / folding:.1f} MB/s, to about {text // 3:,} tokens")
    show("  against indexing it as it stands", folding, plain)
    for rival, run in rivals().items():
        with path.open(encoding="utf-8") as file:
            some = [line.rstrip("\n") for line, _ in zip(file, range(200_000), strict=False)]
        theirs = seconds(lambda run=run, some=some: run(some))  # type: ignore[misc]
        speed = sum(map(len, some)) / 1e6 / theirs
        print(f"  {rival} on its lines alone: {speed:.1f} MB/s, {size / folding / speed:.1f} x slower")
    path.unlink()


def memory(folder: Path, megabytes: int) -> None:
    """Growth of a process that folds a long log, over one that folds a short one."""
    code = (
        "import resource, sys\n"
        "from ingest.open_path import open_paths\n"
        "from ingest.view import LogView, View\n"
        "from time import perf_counter\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "for path in sys.argv[1:]:\n"
        "    began = perf_counter()\n"
        "    (document,) = open_paths([path], view=View(log=LogView(fold=True))).documents\n"
        "    size = sum(len(s.text) for s in document.sections)\n"
        "    print(f'{document.size / 1e6:.0f} MB: {perf_counter() - began:.1f} s, {size:,} characters "
        "(about {size // 3:,} tokens), peak {peak():.0f} MB')\n"
    )
    short, long = folder / "short.log", folder / "long.log"
    write_log(short, 1)
    write_log(long, megabytes)
    subprocess.run([sys.executable, "-c", code, str(short), str(long)], check=True)
    long.unlink()


def compare(folder: Path, *, quick: bool) -> None:
    """All that needs no labelled sets. quick: a tenth."""
    if not rivals():
        print("drain3 is not installed: only our own figures (uv run --group rivals ...)")
    for name in SETS:
        messages, labels = labelled(name, 2_000)
        accuracy(name, messages, labels)
    for name in SETS:
        compare_miners(name, repeated(labelled(name, 10_000)[0], 2 if quick else 10))
    compare_reading(folder, 10 if quick else 100)
    memory(folder, 100 if quick else 1_000)


def compare_labelled(labelled_sets: Path, *, quick: bool) -> None:
    """Accuracy and speed on sets that people have labelled."""
    for name, messages, labels in sets_in(labelled_sets):
        accuracy(name + (" *" if name in SEEN else ""), messages, labels)
    for name, messages, _ in sets_in(labelled_sets):
        compare_miners(name, repeated(messages, 10 if quick else 100))


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--labelled", type=Path, default=os.environ.get(ENVIRONMENT))
    given = parser.parse_args()
    if given.labelled:
        compare_labelled(Path(given.labelled), quick=given.quick)
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick=given.quick)


if __name__ == "__main__":
    main()
