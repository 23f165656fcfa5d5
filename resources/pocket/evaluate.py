"""Judges a GGUF on held-out generators through llama.cpp: `... resources/pocket/evaluate.py FILE.gguf [--full]`.

Prints one row per skill and length; nothing here is seen in training. Knows nothing of PyTorch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.core.prompt import PromptDocument
from ingest.document import Section, Span
from resources.pocket.reader import Answer, Reader
from resources.pocket.tasks import held_out
from resources.pocket.tasks.scene import Generator, Passage

REFUSAL = "Not in the sources."
_SECTION = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A skill at a length. lines: how many lines make about `tokens` tokens."""

    name: str
    generator: Generator
    tokens: int
    lines: int
    contexts: int


ROWS = (
    Row("facts with confusers", held_out.facts, 300, 9, 12),
    Row("facts with confusers", held_out.facts, 1000, 33, 10),
    Row("facts with confusers", held_out.facts, 4000, 145, 3),
    Row("keyword question", held_out.keywords, 300, 9, 12),
    Row("keyword question", held_out.keywords, 1000, 36, 10),
    Row("keyword question", held_out.keywords, 4000, 152, 4),
    Row("needle among eight", held_out.needles, 1000, 34, 4),
    Row("needle among eight", held_out.needles, 4000, 150, 4),
    Row("needle among eight", held_out.needles, 8000, 300, 3),
    Row("needle among eight", held_out.needles, 32000, 1190, 2),
    Row("several values", held_out.several, 1000, 34, 4),
    Row("two hops", held_out.two_hops, 1000, 34, 4),
    Row("log line", held_out.logs, 1000, 23, 4),
    Row("code line", held_out.code, 1000, 66, 6),
)


@dataclass(slots=True)
class Tally:
    """Counts over a row. right: answers whose first marks are those of all lines that hold the answer."""

    tokens: int = 0
    contexts: int = 0
    asked: int = 0
    right: int = 0
    quoted: int = 0
    verbatim: int = 0
    absent: int = 0
    refused: int = 0
    wrongly: int = 0

    def shown(self) -> str:
        """The figures as percentages."""

        def part(a: int, b: int) -> str:
            return f"{a / b:6.1%}" if b else "     -"

        return " | ".join(
            (
                f"{self.tokens // max(1, self.contexts):6} tokens",
                f"right mark {part(self.right, self.asked)} of {self.asked:3}",
                f"verbatim {part(self.verbatim, self.quoted)}",
                f"refused when absent {part(self.refused, self.absent)} of {self.absent:3}",
                f"refused wrongly {part(self.wrongly, self.asked)}",
            )
        )


def document_of(passage: Passage) -> tuple[PromptDocument, list[int]]:
    """Prose in paragraphs, other kinds in lines. Also the section of each line."""
    joint = "\n" if passage.kind in ("code", "log") else " "
    starts = range(0, len(passage.lines), _SECTION)
    sections = [
        Section(str(i), Span(page=i + 1), joint.join(passage.lines[start : start + _SECTION]))
        for i, start in enumerate(starts)
    ]
    ending = {"code": "py", "log": "log"}.get(passage.kind, "pdf")
    document = PromptDocument("S1", f"held-out.{ending}", passage.kind, sections)
    return document, [line // _SECTION for line in range(len(passage.lines))]


def judge(reader: Reader, row: Row, *, seed: int, most: int, show: Callable[[str], None] | None = None) -> Tally:
    """Ask up to `most` questions on each of the row's contexts."""
    tally = Tally()
    for number in range(row.contexts):
        random = Random(f"{seed}/{row.name}/{row.tokens}/{number}")
        passage = row.generator(random, row.lines)
        document, sections = document_of(passage)
        read, marks = reader.read([document])
        tally.tokens += read
        tally.contexts += 1
        units = {mark.name: document.sections[mark.section].text[mark.start : mark.end] for mark in marks}
        present = [ask for ask in passage.asks if ask.lines]
        absent = [ask for ask in passage.asks if not ask.lines]
        for ask in present[:most]:
            lines = [passage.lines[index].strip() for index in ask.lines]
            wanted = [
                {
                    int(mark.name)
                    for mark in marks
                    if mark.section == sections[index]
                    and units[mark.name] in line
                    and line.startswith(units[mark.name][:20])
                }
                for index, line in zip(ask.lines, lines, strict=True)
            ]
            answer = reader.ask(ask.question)
            _count(tally, answer, wanted, units)
            if show:
                good = "ok " if _found(answer, wanted) else "BAD"
                show(f"{good} {ask.question!r} -> {answer.text!r} ({wanted}: {lines!r})")
        for ask in absent[: most // 2]:
            answer = reader.ask(ask.question)
            tally.absent += 1
            tally.refused += answer.text == REFUSAL
            if show:
                show(f"{'ok ' if answer.text == REFUSAL else 'BAD'} absent {ask.question!r} -> {answer.text!r}")
    return tally


def _count(tally: Tally, answer: Answer, wanted: Sequence[set[int]], units: dict[str, str]) -> None:
    tally.asked += 1
    tally.wrongly += answer.text == REFUSAL
    tally.right += _found(answer, wanted)
    if answer.text != REFUSAL:
        tally.quoted += 1
        tally.verbatim += bool(answer.quotes) and any(
            answer.quotes[0][0] in unit and answer.quotes[0][0] for unit in units.values()
        )


def _found(answer: Answer, wanted: Sequence[set[int]]) -> bool:
    """Whether the first marks of `answer` are those of every line that was wanted, in any order."""
    named = [mark for _, mark in answer.quotes[: len(wanted)]]
    return all(any(mark in marks for mark in named) for marks in wanted)


def speed(path: Path, threads: int) -> tuple[float, float]:
    """Tokens per second read (4,000 tokens) and answered."""
    with Reader(path, context=6144, threads=threads) as reader:
        document, _ = document_of(held_out.keywords(Random(0), 150))
        reader.read([document])
        start = time.perf_counter()
        count, _ = reader.read([document])
        reading = count / (time.perf_counter() - start)
        start = time.perf_counter()
        answers = [reader.ask("Which passage deals with loops?") for _ in range(8)]
        seconds = time.perf_counter() - start
        produced = sum(len(reader.tokenize(answer.text)) + 1 for answer in answers)
    return reading, produced / seconds


def table(
    path: Path,
    rows: Sequence[Row],
    *,
    seed: int,
    most: int,
    threads: int = 1,
    show: Callable[[str], None] | None = None,
) -> Iterator[tuple[Row, Tally]]:
    """Every row with its figures, one context of the model for all."""
    with Reader(path, context=max(2048, int(max(row.tokens for row in rows) * 1.4)), threads=threads) as reader:
        for row in rows:
            yield row, judge(reader, row, seed=seed, most=most, show=show)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Judge a bundled model on held-out questions.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--longest", type=int, default=4000, help="leave out rows of more tokens")
    parser.add_argument("--most", type=int, default=10, help="questions per context")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speed", action="store_true", help="also measure reading and answering")
    parser.add_argument("--verbose", action="store_true", help="print every question and answer")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--json", type=Path, help="also write the counts here")
    options = parser.parse_args()
    rows = [row for row in ROWS if options.only in row.name and row.tokens <= options.longest]
    kept = []
    show = (lambda text: print("   ", text, flush=True)) if options.verbose else None
    for row, tally in table(
        options.model, rows, seed=options.seed, most=options.most, threads=options.threads, show=show
    ):
        print(f"{row.name:22} {tally.shown()}", flush=True)
        kept.append({"row": row.name, "length": row.tokens} | {name: getattr(tally, name) for name in Tally.__slots__})
    if options.speed:
        reading, answering = speed(options.model, options.threads)
        print(f"reads {reading:,.0f} tokens/s, answers {answering:,.0f} tokens/s with {options.threads} thread(s)")
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
