"""One question of a self-check: its prompt, its right answer measured or written, and the trial that comes of it.

Knows no plan and no haystack's making; what was seen on the way that bears on preconditions is counted in `Seen`.
"""

from __future__ import annotations

import datetime
from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

from engine.errors import Cancelled, CannotScore
from engine.places import common
from engine.protocol import Answer, Prompt, ReadProgress, Sampling, Scored, Standing
from engine.selfcheck.laying import Wish
from engine.selfcheck.layout import Layout, Subject
from engine.selfcheck.report import Trial
from engine.selfcheck.task import Item, Judged, Task

DATE = datetime.date(2026, 1, 1)
"""For templates that print one: a fixed one, so that a check can go on another day."""

_FIRST_NUMBERS = 99_999
_TRIED = 4
"""Misses of a task that are written out, to see whether it is only the wording that was missed."""

_RIVALS = 4
_SPARE = 2
_NEAR = 64
"""Tokens before the place that was wanted to which an engine may go back instead."""

_READ_AGAIN = "This model cannot go back in what it read: the haystack is read again for each question."


@dataclass(slots=True)
class Seen:
    """What the engine counted. other: prompts whose tokens were not all accounted for, with what was found."""

    read: int = 0
    asked: int = 0
    prompts: int = 0
    longest: int = 0
    other: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    compared: int = 0
    agreed: int = 0

    def check(self, tokens: int, found: Answer | Scored, written: int) -> None:
        """Whether all of a prompt's tokens were decoded, and the cache holds them and at most `written` more."""
        self.prompts += 1
        self.longest = max(self.longest, tokens)
        if found.reused + found.decoded != tokens:
            self.other.append(f"{found.reused + found.decoded:,} of {tokens:,}")
        held = found.standing.held if found.standing is not None else tokens
        if not tokens <= held <= tokens + written:
            self.held.append(f"{held:,} where {tokens + written:,} were put in")


@dataclass(frozen=True, slots=True)
class Frame:
    """The tokens around a question. head: before the first line. tail: of the template, behind the question."""

    head: array[int]
    tail: array[int]


@dataclass(frozen=True, slots=True)
class Question:
    """tokens: of the question, the template's end and the answer's opening. room: for any answer to it, the least."""

    wish: Wish
    tokens: array[int]
    room: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is asked. depth: the band's middle. lines: the number of each needle's and decoy's line."""

    length: int
    depth: int | None
    seed: int
    number: int
    position: int | None
    needle: int | None
    decoys: dict[int, int]


def frame_of(subject: Subject, layout: Layout) -> Frame:
    """As the program puts together its own prompts: system prompt, then the first user message."""
    system = layout.system()
    with_system = bool(system) and subject.info.has_system_role
    pieces = subject.frame(["system", "user"] if with_system else ["user"], DATE)
    texts = [system] if with_system else [system + "\n\n"] if system else []
    encoded = subject.encode([*texts, layout.head()])
    head = array("i", pieces[0])
    for i, piece in enumerate(encoded):
        head.extend(piece)
        if with_system and i == 0:
            head.extend(pieces[1])
    return Frame(head, array("i", pieces[-1]))


def parting_margin(
    right: array[int], right_values: Sequence[float], rival: array[int], rival_values: Sequence[float]
) -> float | None:
    """How much likelier the right answer is than a rival at the token where they part; None where they do not.

    There, and only there, both are measured behind the same words: sums over whole answers would favour short ones.
    """
    same = common(right, rival)
    if same >= min(len(right), len(rival)):
        return None
    return right_values[same] - rival_values[same]


class Asker:
    """Asks, and counts what it took in `seen`. write_every: each so-manieth trial is written out besides."""

    def __init__(
        self,
        subject: Subject,
        layout: Layout,
        frame: Frame,
        *,
        write_every: int,
        seen: Seen | None = None,
        notes: list[str] | None = None,
    ) -> None:
        self._subject = subject
        self._layout = layout
        self._frame = frame
        self._write_every = write_every
        self._scores = True
        self._misses: dict[str, int] = defaultdict(int)
        self._by_writing: set[str] = set()
        self.seen = Seen() if seen is None else seen
        self.standing: Standing | None = None
        self.notes: list[str] = [] if notes is None else notes

    def question(self, wish: Wish) -> Question:
        """The tokens of a question, and what its answer may take."""
        item = wish.item
        texts = [self._layout.question(item.question), self._layout.opening(item)]
        numbers = dict.fromkeys(range(len(item.decoys)), _FIRST_NUMBERS)
        texts += [gold for gold, _ in self._continuations(item, _FIRST_NUMBERS, numbers)]
        asked, opening, *answers = self._subject.encode(texts)
        tokens = array("i", asked)
        tokens.extend(self._frame.tail)
        tokens.extend(opening)
        return Question(wish, tokens, max([item.max_answer, *(len(answer) + _SPARE for answer in answers)]))

    def read(self, prefix: array[int], on_progress: Callable[[ReadProgress], None]) -> None:
        """Bring a haystack into the cache. Raises Cancelled."""
        answer = self._subject.ask(self._prompt(prefix, len(prefix), 0), on_progress=on_progress)
        self.seen.read += answer.decoded
        self._check(len(prefix), answer, 0)

    def trial(self, task: Task, question: Question, prefix: array[int], place: Place) -> Trial:
        """Ask. Raises Cancelled; then nothing is counted as asked."""
        tokens = prefix + question.tokens
        item = question.wish.item
        base = Trial(
            task=task.name,
            length=place.length,
            depth=place.depth,
            seed=place.seed,
            number=place.number,
            question=item.question,
            needles=item.needles,
            expected=", ".join(item.expected) or self._layout.gold(item, place.needle).strip(),
            got="",
            passed=False,
            position=place.position,
        )
        prompt = self._prompt(tokens, len(prefix), question.room)
        scored = None if task.name in self._by_writing else self._score(prompt, item, place)
        if scored is None:
            judged = self._write(task, prompt, item)
            return replace(base, got=judged.got, passed=judged.passed, why=judged.why, how="generated")
        passed, margin, got, why = scored
        trial = replace(base, got=got, passed=passed, why=why, margin=margin)
        tried = not passed and self._misses[task.name] < _TRIED
        if not tried and not self._to_be_written(trial):
            return trial
        judged = self._write(task, prompt, item)
        agrees = judged.passed == passed
        if tried and not agrees:
            # What it writes is right in other words, so measuring one wording says nothing about this task.
            trial = replace(trial, passed=True, got=judged.got, why="", how="generated", agrees=False)
        else:
            why = why if agrees else f"{why}; written out: {judged.why or 'right'}".strip("; ")
            trial = replace(trial, agrees=agrees, got=judged.got, why=why)
        self.note(trial)
        return trial

    def note(self, trial: Trial) -> None:
        """What a trial, of now or of before, says about measuring and writing."""
        if trial.agrees is None:
            return
        if trial.how == "generated":
            self._by_writing.add(trial.task)
            self.notes.append(f"Task {trial.task} is judged by what the model writes: it answers in words of its own.")
            return
        self._misses[trial.task] += not trial.passed
        self.seen.compared += 1
        self.seen.agreed += trial.agrees

    def _to_be_written(self, trial: Trial) -> bool:
        # By the trial alone, so that a check that goes on later writes out the same ones.
        key = f"{trial.task}/{trial.length}/{trial.seed}/{trial.number}"
        return self._write_every > 0 and crc32(key.encode()) % self._write_every == 0

    def again(self, task: Task, question: Question, prefix: array[int], place: Place, how: str) -> bool:
        """Whether the question passes when everything is forgotten first."""
        self.forget(prefix)
        prompt = self._prompt(prefix + question.tokens, len(prefix), question.room)
        item = question.wish.item
        notes = len(self.notes)
        scored = self._score(prompt, item, place) if how == "scored" else None
        passed = scored[0] if scored is not None else self._write(task, prompt, item).passed
        # That it was read from nothing is what was wanted here.
        del self.notes[notes:]
        return passed

    def forget(self, tokens: array[int]) -> None:
        """Have nothing of `tokens` in the cache."""
        other = next((token for token in tokens if token != tokens[0]), tokens[0])
        self._subject.ask(self._prompt(array("i", [other]), 1, 0))
        self.seen.read += 1

    def _score(self, prompt: Prompt, item: Item, place: Place) -> tuple[bool, float | None, str, str] | None:
        """Passed, margin, what it would say instead and why it is wrong; None where that cannot be told."""
        if not self._scores:
            return None
        continuations = self._continuations(item, place.needle, place.decoys)
        if not continuations or not continuations[0][0]:
            return None
        encoded = self._subject.encode([text for text, _ in continuations])
        try:
            scored = self._subject.score(prompt, encoded)
        except CannotScore as error:
            self._scores = False
            self.notes.append(f"Answers are judged by what the model writes: {error}")
            return None
        self._count_in(prompt, scored.decoded)
        self.seen.asked += scored.scored
        self._check(len(prompt.tokens), scored, max(map(len, encoded)))
        passed = scored.chosen[0] == len(encoded[0])
        margins = [
            (margin, named)
            for tokens, values, (_, named) in zip(encoded[1:], scored.logprobs[1:], continuations[1:], strict=True)
            if (margin := parting_margin(encoded[0], scored.logprobs[0], tokens, values)) is not None
        ]
        margin, rival = min(margins) if margins else (None, "")
        if passed:
            return True, margin, ", ".join(item.expected) or continuations[0][0].strip(), ""
        if margin is not None and margin < 0:
            return False, margin, rival, "a decoy is likelier than the right answer"
        return False, margin, "", f"it would go on otherwise after {scored.chosen[0]} of {len(encoded[0])} tokens"

    def _continuations(self, item: Item, needle: int | None, decoys: dict[int, int]) -> list[tuple[str, str]]:
        """The right answer and those of the decoys that are there, each with the values that it names."""
        found = [(self._layout.gold(item, needle), item.gold)]
        for i, rival in enumerate(item.rivals):
            if i < len(item.decoys) and i not in decoys:
                continue
            # The decoy's own line speaks for it, where marks and sentences are part of an answer.
            line = item.decoys[i] if i < len(item.decoys) else (item.needles[-1] if item.needles else "")
            other = replace(item, needles=(line,) if line else (), expected=(rival,), wrong=(), absent=False)
            gold = self._layout.gold(other, decoys.get(i, needle))
            if gold and len(found) <= _RIVALS:
                found.append((gold, rival))
        return found

    def _write(self, task: Task, prompt: Prompt, item: Item) -> Judged:
        answer = self._subject.ask(replace(prompt, max_answer=item.max_answer))
        if answer.ending == "cancelled":
            raise Cancelled("Stopped.")
        self._count_in(prompt, answer.decoded)
        self.seen.asked += answer.tokens
        self._check(len(prompt.tokens), answer, answer.tokens)
        said = self._layout.said(item, answer.text)
        return task.judge(item, said, refusal=self._subject.info.refusal)

    def _count_in(self, prompt: Prompt, decoded: int) -> None:
        """Tokens of the question were asked; if the haystack had to be read again, that was reading."""
        asked = len(prompt.tokens) - prompt.prefix
        self.seen.asked += min(asked, decoded)
        self.seen.read += max(0, decoded - asked)
        if decoded > asked + _NEAR and not any(note == _READ_AGAIN for note in self.notes):
            self.notes.append(_READ_AGAIN)

    def _prompt(self, tokens: array[int], prefix: int, room: int) -> Prompt:
        # Kept nowhere: nobody asks about these haystacks again.
        return Prompt(tokens, prefix, room, sampling=Sampling(logprobs=False), keep=False)

    def _check(self, tokens: int, found: Answer | Scored, written: int) -> None:
        self.seen.check(tokens, found, written)
        if found.standing is not None:
            self.standing = found.standing
