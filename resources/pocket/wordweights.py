"""How much each word of a question says: learnt by gradient from generated questions, a few numbers for each token.

A line of the sources gets votes from each word of the question that stands in it, salience * spread / (spread +
salience * times the word stands anywhere); `circuits` makes attention compute just that. It answers if the best line's
votes are more than the sum, over the question, of silence times `elsewhere` for words found (less if often) and
times `nowhere` for words not found, and a reserve. Knows nothing of layers.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from app.core.marks import split_units
from resources.pocket.codes import continues, word_of
from resources.pocket.corpus import read_corpus
from resources.pocket.rendering import as_document
from resources.pocket.tasks import facts, mixture, prose, varied
from resources.pocket.tasks import lines as by_line
from resources.pocket.tasks.scene import Passage, merge

_LINES = (6, 12, 25, 40, 60, 90, 150, 300)
_SCENES, _FACTS, _PROSE, _NEEDLES, _CODE, _COUNTED = 900, 220, 140, 100, 120, 300
_MOST_FACTS, _MOST_QUESTIONS = 40, 24
_STRANGE, _MOST_STRANGE = 0.3, 4
"""How many questions get words that belong to no line, and at most how many: a stranger's way of asking."""
_FORGET, _DECAY, _ROUNDS, _RATE, _SIZE = 0.8, 4e-3, 5, 3e-2, 64
_ABSENT_WEIGHT = 2.0
_SMALLEST, _LARGEST = -8.0, 3.0

Asked = tuple[Tensor, Tensor, int]
"""Ids of a question's tokens (T,), how often each one's word stands in each line (T, L), the right line or -1."""


@dataclass(frozen=True, slots=True)
class WordWeights:
    """salience (n,): logarithms, by token. silence (n,). The others are single numbers, see the module."""

    salience: Tensor
    silence: Tensor
    spread: float
    elsewhere: float
    nowhere: float
    reserve: float


def learn(tokens: Sequence[str], tokenizer: Any, *, without: Sequence[int], behind: Sequence[int]) -> WordWeights:
    """Generate questions and fit. The same on every run of one version of CPython and PyTorch.

    without: tokens that say nothing, such as the template's. behind: tokens that stand behind each question and would
    count as words of it.
    """
    words = _Words(tokens, tokenizer)
    scenes = list(_scenes())
    samples = list(_samples([words.lines_of(scene) for scene in scenes], words))
    torch.manual_seed(0)
    fit = _Fit(words.features())
    optimizer = torch.optim.Adam(fit.parameters(), lr=_RATE)
    random = Random(0)
    for turn in range(_ROUNDS):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (1 - turn / _ROUNDS)
        for batch in _batches(samples, random):
            loss = fit.loss(*_packed(batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        salience, silence = fit.salience(forget=0.0)
        salience, silence = salience.clamp(_SMALLEST, _LARGEST), silence.exp()
        salience[list(without)], silence[list(without)] = _SMALLEST, 0.0
        reserve = float(fit.reserve) - float(fit.nowhere) * float(silence[list(behind)].sum())
        spread, elsewhere, nowhere = float(fit.spread.exp()), float(fit.elsewhere), float(fit.nowhere)
    return WordWeights(salience, silence, spread, elsewhere, nowhere, reserve)


class _Fit(nn.Module):
    """Salience from a few features of a token, and what is its own, which is forgotten at random while it learns."""

    def __init__(self, features: Tensor) -> None:
        super().__init__()
        self.features = features
        self.general = nn.Parameter(torch.tensor([-4.0, 2.0, 0.0, 2.0, 0.0, 0.0]))
        self.general_silence = nn.Parameter(torch.zeros(6))
        self.own = nn.Parameter(torch.zeros(len(features)))
        self.own_silence = nn.Parameter(torch.zeros(len(features)))
        self.sharpness = nn.Parameter(torch.tensor(2.0))
        self.spread = nn.Parameter(torch.tensor(math.log(20.0)))
        self.elsewhere, self.nowhere = nn.Parameter(torch.tensor(0.6)), nn.Parameter(torch.tensor(0.3))
        self.reserve = nn.Parameter(torch.tensor(0.2))

    def salience(self, *, forget: float) -> tuple[Tensor, Tensor]:
        """Logarithms of salience and silence, (n,) each."""
        kept = (torch.rand(len(self.own)) >= forget).float()
        salience = self.features @ self.general + self.own * kept
        return salience, salience + self.features @ self.general_silence + self.own_silence * kept

    def loss(self, tokens: Tensor, counts: Tensor, blank: Tensor, right: Tensor) -> Tensor:
        """Cross-entropy of the right line, L for silence. tokens (B, T), -1: none. counts (B, T, L). right (B,)."""
        used, ids = tokens >= 0, tokens.clamp(min=0)
        salience, silence = (part[ids].exp() * used for part in self.salience(forget=_FORGET))
        spread = self.spread.exp()
        times = counts.sum(-1)
        missed = spread / (salience * times + spread)
        votes = ((salience * missed)[..., None] * counts).sum(1) + blank
        found = (times > 0).float()
        against = (silence * (self.elsewhere * found * missed + self.nowhere * (1 - found))).sum(1) + self.reserve
        scores = self.sharpness.exp() * torch.cat((votes, against[:, None]), 1)
        weights = torch.where(right < counts.shape[-1], 1.0, _ABSENT_WEIGHT)
        losses = nn.functional.cross_entropy(scores, right, reduction="none") * weights
        return losses.mean() + _DECAY * (self.own.square().sum() + self.own_silence.square().sum()) / _SIZE


class _Words:
    """What counts as the same word, and how common words are."""

    def __init__(self, tokens: Sequence[str], tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._names = [word_of(token) for token in tokens]
        self._continues = [continues(token) for token in tokens]

    def ids(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(f" {text}", add_special_tokens=False).ids
        return found

    def keys(self, ids: Sequence[int]) -> list[tuple[str, str]]:
        """Each token's word, with the one before it where it continues that."""
        before = [None, *ids[:-1]]
        return [
            (self._names[i], self._names[b] if b is not None and self._continues[i] else "")
            for i, b in zip(ids, before, strict=True)
        ]

    def lines_of(self, scene: tuple[Random, list[tuple[str, Passage]]]) -> tuple[list[list[int]], list[Any]]:
        """Ids of each line of a scene's documents, and (question, right line or None) pairs with one answer at most."""
        random, documents = scene
        lines: list[list[int]] = []
        asked: list[tuple[str, int | None]] = []
        for number, (name, passage) in enumerate(documents):
            document, places = as_document(f"S{number + 1}", name, passage, random)
            bases: list[int] = []
            for section in document.sections:
                bases.append(len(lines))
                lines += [self.ids(section.text[a:b]) for a, b in split_units(section.text, document.kind)]
            for ask in passage.asks:
                where = [places[line] for line in ask.lines]
                if len(where) < 2 and all(unit >= 0 for _, unit in where):
                    asked.append((ask.question, bases[where[0][0]] + where[0][1] if where else None))
        return lines, asked

    def features(self) -> Tensor:
        """(n, 6): one, rarity among lines, its square, has letters or digits, length, continues a word."""
        count, seen = 0, Counter[str]()
        for number in range(_COUNTED):
            chosen = Random(number).choice(_LINES[:5])
            units, _ = self.lines_of((Random(f"count/{number}"), mixture.scene(Random(f"count/{number}"), chosen)))
            count += len(units)
            for line in units:
                seen.update({self._names[i] for i in line})
        rows: list[list[float]] = []
        for name, goes_on in zip(self._names, self._continues, strict=True):
            rare = math.log((count + 1) / (seen[name] + 1)) / math.log(count + 1)
            rows.append([1, rare, rare**2, any(c.isalnum() for c in name), min(len(name), 8) / 8, goes_on])
        return torch.tensor(rows, dtype=torch.float32)


def _scenes() -> Iterator[tuple[Random, list[tuple[str, Passage]]]]:
    for number in range(_SCENES):
        random = Random(f"words/{number}")
        yield random, mixture.scene(random, random.choice(_LINES))
    for number in range(_FACTS):
        random = Random(f"facts/{number}")
        count = random.choice((12, 33, 33, 60, 150, 300))
        made = random.choice((facts.facts, varied.varied, varied.varied))(random, min(count // 3, _MOST_FACTS))
        yield random, [("facts.txt", _among_prose(made, count, random))]
    for number in range(_PROSE):
        random = Random(f"prose/{number}")
        yield random, [("prose.txt", prose.prose(random, random.choice((12, 36, 60, 150, 300))))]
    for number in range(_NEEDLES):
        random = Random(f"needles/{number}")
        made = by_line.pairs(random, 8)
        yield random, [("needles.txt", _among_prose(made, random.choice((33, 60, 150, 300)), random))]
    for number in range(_CODE):
        random = Random(f"code/{number}")
        yield random, [("code.py", by_line.code(random, random.choice((30, 66, 120))))]


def _among_prose(made: Passage, count: int, random: Random) -> Passage:
    filler = Passage("text", prose.prose(random, count - len(made.lines)).lines, ())
    return merge([made, filler], random)


def _samples(scenes: Sequence[tuple[list[list[int]], list[Any]]], words: _Words) -> Iterator[Asked]:
    text = (word.lower() for s in read_corpus(held_out=False).sentences for word in re.findall(r"[A-Za-z]{2,}", s))
    strange = list(text)
    random = Random(1)
    for lines, asked in scenes:
        held = [Counter(words.keys(line)) for line in lines]
        for question, right in random.sample(asked, min(len(asked), _MOST_QUESTIONS)):
            if random.random() < _STRANGE:
                added = [random.choice(strange) for _ in range(random.randint(1, _MOST_STRANGE))]
                cut = random.randint(0, len(added))
                question = " ".join((*added[:cut], question, *added[cut:]))
            ids = words.ids(question)
            counts = torch.tensor([[line[key] for line in held] for key in words.keys(ids)], dtype=torch.float32)
            yield torch.tensor(ids), counts, -1 if right is None else right


def _batches(samples: Sequence[Asked], random: Random) -> Iterator[list[Asked]]:
    order = sorted(random.sample(range(len(samples)), len(samples)), key=lambda i: samples[i][1].shape[1] // 8)
    groups = [order[start : start + _SIZE] for start in range(0, len(order), _SIZE)]
    random.shuffle(groups)
    for group in groups:
        yield [samples[i] for i in group]


def _packed(batch: Sequence[Asked]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    longest, most = (max(counts.shape[axis] for _, counts, _ in batch) for axis in (0, 1))
    tokens, counts = torch.full((len(batch), longest), -1), torch.zeros(len(batch), longest, most)
    blank = torch.full((len(batch), most), -1e9)
    for row, (ids, held, _) in enumerate(batch):
        tokens[row, : len(ids)] = ids
        counts[row, : len(held), : held.shape[1]] = held
        blank[row, : held.shape[1]] = 0
    return tokens, counts, blank, torch.tensor([right if right >= 0 else most for *_, right in batch])
