"""Readers whose abilities are known, behind the interface of a model: what a self-check must find out about them.

They read tokens (words) and see what stands in a part of them; what belongs to a question they know from the tasks,
which are wrapped for that. Counters are those of an engine that goes back to any place.
"""

from __future__ import annotations

import datetime
import random
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.errors import Cancelled, CannotScore, PromptTooLong
from engine.places import common
from engine.protocol import Answer, ModelInfo, Prompt, ReadProgress, Scored, Standing
from engine.selfcheck.task import Item, Judged, Kind, Task

REFUSAL = "The documents do not say."
_PIECE = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_BOS, _SYSTEM, _USER, _ASSISTANT = range(4)
_SPECIAL = 10


class Words:
    """A tokenizer: a token for each word with the white space before it."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._texts: list[str] = ["\0"] * _SPECIAL

    def encode(self, text: str) -> array[int]:
        ids: array[int] = array("i")
        for piece in _PIECE.findall(text):
            if piece not in self._ids:
                self._ids[piece] = len(self._texts)
                self._texts.append(piece)
            ids.append(self._ids[piece])
        return ids

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(map(self._texts.__getitem__, tokens))


@dataclass
class Remembered:
    """A task that remembers its items by their questions."""

    task: Task
    items_of: dict[str, Item]

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def kind(self) -> Kind:
        return self.task.kind

    @property
    def spread(self) -> bool:
        return self.task.spread

    def items(self, chosen: random.Random, count: int) -> list[Item]:
        items = self.task.items(chosen, count)
        self.items_of |= {item.question: item for item in items}
        return items

    def filler(self, chosen: random.Random, items: Sequence[Item]) -> Iterator[str] | None:
        return self.task.filler(chosen, items)

    def judge(self, item: Item, answer: str, *, refusal: str = "") -> Judged:
        return self.task.judge(item, answer, refusal=refusal)


@dataclass
class View:
    """What a reader knows of one prompt. text: of the part that it sees; whole: of all before the question."""

    item: Item
    text: str
    whole: str
    length: int

    @property
    def sees(self) -> bool:
        """Whether all that is asked for is in what it sees."""
        return all(needle in self.text for needle in self.item.needles)

    @property
    def right(self) -> str:
        return REFUSAL if self.item.absent else f" {self.item.gold}"

    @property
    def wrong(self) -> str:
        return f" {self.item.rivals[0]}" if self.item.rivals else " nothing of the kind"


Reader = Callable[[View], str]
Sight = Callable[[int], tuple[int, int]]
"""From the haystack's tokens to the first and the last of them that are seen."""


def everything(tokens: int) -> tuple[int, int]:
    return 0, tokens


def part(low: float, high: float) -> Sight:
    """Sees what lies between two shares of the haystack."""
    return lambda tokens: (int(low * tokens), int(high * tokens))


def window(size: int) -> Sight:
    """Sees the last tokens only."""
    return lambda tokens: (max(0, tokens - size), tokens)


def honest(view: View) -> str:
    """Right where it sees what it takes, else a decoy's answer: a reader that never says that it does not know."""
    return view.right if view.sees else view.wrong


def refuses(view: View) -> str:
    return REFUSAL


def silent(view: View) -> str:
    return ""


def dumps(view: View) -> str:
    """Every number there is."""
    return " " + ", ".join(re.findall(r"\d{7}", view.text)[-12:])


def first_needle(view: View) -> str:
    """The first value that there is."""
    found = re.search(r"(?<![\w-])(?:\d{7}|[0-9a-f]{8}-[0-9a-f-]{27})(?![\w-])", view.whole)
    return f" {found.group()}" if found else ""


def guesses(view: View) -> str:
    """Any number."""
    return f" {random.Random(view.item.question).randrange(10**6, 10**7)}"


def bernoulli(share: Callable[[int], float], seed: int = 0) -> Reader:
    """Right in a share of the questions, by the tokens of the prompt; the same question has the same answer."""

    def answer(view: View) -> str:
        chosen = random.Random(f"{seed}/{view.item.question}/{view.length}")
        return view.right if chosen.random() < share(view.length) else view.wrong

    return answer


@dataclass
class Simulated:
    """A `Subject`. answers: what it says. sight: what of the haystack it sees. breaks_after: so many calls.

    speed: tokens a second; its seconds pass only by decoding.
    """

    answers: Reader = honest
    sight: Sight = everything
    n_ctx: int = 16_384
    n_ctx_train: int = 1 << 20
    scores: bool = True
    checkpoints: bool = True
    breaks_after: int | None = None
    items_of: dict[str, Item] = field(default_factory=dict)
    words: Words = field(default_factory=Words)
    held: array[int] = field(default_factory=lambda: array("i"))
    calls: int = 0
    asked: int = 0
    decoded: int = 0
    cancelled: bool = False
    speed: float = 1e6
    seconds: float = 0.0
    prompts: list[Prompt] = field(default_factory=list)
    _seen: tuple[array[int], str, str] = field(default_factory=lambda: (array("i"), "", ""))

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            "sim.gguf", "sim", "llama4", "", 1, self.n_ctx, self.n_ctx_train, 1000, "header", REFUSAL, True, 0.0
        )

    def encode(self, texts: Sequence[str]) -> list[array[int]]:
        return [self.words.encode(text) for text in texts]

    def frame(self, roles: Sequence[str], date: datetime.date) -> list[array[int]]:
        marks = {"system": _SYSTEM, "user": _USER}
        opening = [array("i", [marks[role]]) for role in roles]
        opening[0].insert(0, _BOS)
        return [*opening, array("i", [_ASSISTANT])]

    def ask(
        self,
        prompt: Prompt,
        *,
        on_progress: Callable[[ReadProgress], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        reused = self._read(prompt)
        total = len(prompt.tokens)
        if on_progress is not None:
            on_progress(ReadProgress(total, total, reused, 1e6, 0.0))
            if self.cancelled:
                self.cancelled = False
                raise Cancelled("Stopped.")
        text = self._answer(prompt) if prompt.max_answer else ""
        said = self.words.encode(text)[: prompt.max_answer]
        self._decoded(len(said))
        standing = self._standing(total)
        return Answer(self.words.decode(said), "stop", reused, total - reused, len(said), {}, standing=standing)

    def score(self, prompt: Prompt, continuations: Sequence[array[int]]) -> Scored:
        if not self.scores:
            raise CannotScore("There are no log-probabilities here.")
        reused = self._read(prompt)
        own = self.words.encode(self._answer(prompt))
        logprobs, chosen = [], []
        for tokens in continuations:
            same = common(own, tokens)
            chosen.append(same)
            logprobs.append(tuple(-0.01 if i < same else -4.0 for i in range(len(tokens))))
        total = len(prompt.tokens)
        count = sum(map(len, continuations))
        self._decoded(count)
        standing = self._standing(total)
        return Scored(tuple(logprobs), tuple(chosen), reused, total - reused, count, 0.0, standing=standing)

    def clock(self) -> float:
        return self.seconds

    def cancel(self) -> None:
        self.cancelled = True

    def _read(self, prompt: Prompt) -> int:
        self.calls += 1
        self.prompts.append(prompt)
        if self.breaks_after is not None and self.calls > self.breaks_after:
            raise Cancelled("Stopped.")
        total = len(prompt.tokens)
        if total + prompt.max_answer > self.n_ctx:
            raise PromptTooLong("Too long.")
        reused = min(common(self.held, prompt.tokens), total - 1) if self.checkpoints else 0
        self.held = prompt.tokens[:]
        self._decoded(total - reused)
        return reused

    def _decoded(self, count: int) -> None:
        self.decoded += count
        self.seconds += count / self.speed

    def _standing(self, held: int) -> Standing:
        return Standing(held, (), self.speed, token_seconds=1 / self.speed)

    def _answer(self, prompt: Prompt) -> str:
        self.asked += 1
        question = self.words.decode(prompt.tokens[prompt.prefix :]).split("\0")[0].strip()
        item = self.items_of[question.removeprefix("Question: ")]
        prefix = prompt.tokens[: prompt.prefix]
        if prefix != self._seen[0]:
            first, last = self.sight(prompt.prefix)
            self._seen = (prefix, self.words.decode(prefix[first:last]), self.words.decode(prefix))
        _, text, whole = self._seen
        return self.answers(View(item, text, whole, len(prompt.tokens)))


class Plain:
    """A `Layout` without marks. most: lines at most."""

    def __init__(self, most: int | None = None, *, opening: bool = True) -> None:
        self._most = most
        self._opening = opening

    @property
    def most_lines(self) -> int | None:
        return self._most

    def system(self) -> str:
        return "Answer from the documents."

    def head(self) -> str:
        return "# Notes\n"

    def line(self, number: int, text: str) -> str:
        return f"{text}\n" if self._most is None else f"{number}: {text}\n"

    def question(self, text: str) -> str:
        return f"\nQuestion: {text}"

    def opening(self, item: Item) -> str:
        return item.opening if self._opening else ""

    def gold(self, item: Item, number: int | None) -> str:
        return REFUSAL if item.absent else f" {item.gold}"

    def said(self, item: Item, text: str) -> str:
        return text
