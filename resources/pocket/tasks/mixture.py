"""Which training generators there are, how often each is drawn, and how a whole scene of documents comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from resources.pocket.tasks import facts, lines, links, prose, varied, words
from resources.pocket.tasks.scene import Generator, Passage, merge

GENERATORS: Sequence[tuple[Generator, float]] = (
    (facts.facts, 1.0),
    (facts.stories, 1.5),
    (varied.varied, 3.0),
    (prose.prose, 3.0),
    (prose.thrown_together, 1.5),
    (lines.pairs, 1.0),
    (links.several, 0.3),
    (links.variables, 0.3),
    (lines.logs, 1.0),
    (lines.code, 0.8),
)
_PROSE = GENERATORS[:8]
_FACTS = (*GENERATORS[:3], *GENERATORS[5:8])
_NAMES = ("notes", "handbook", "report", "minutes", "manual", "inventory", "letters", "overview", "guide", "summary")


def scene(random: Random, count: int) -> list[tuple[str, Passage]]:
    """Named documents of `count` lines in all: one generator's, facts among sentences, or several."""
    form = random.random()
    if count < 6 or form < 0.4:
        return [_named(random, _draw(random, GENERATORS)(random, count))]
    if form < 0.6:
        few = max(3, int(count * random.uniform(0.1, 0.4)))
        return [_named(random, merge([_draw(random, _FACTS)(random, few), prose.prose(random, count - few)], random))]
    if form < 0.8:
        parts = [_draw(random, _PROSE)(random, count // 2) for _ in range(2)]
        return [_named(random, merge(parts, random))]
    pieces = random.randint(2, 3)
    return [_named(random, _draw(random, GENERATORS)(random, max(2, count // pieces))) for _ in range(pieces)]


def _draw(random: Random, generators: Sequence[tuple[Generator, float]]) -> Generator:
    return random.choices([g for g, _ in generators], [weight for _, weight in generators])[0]


def _named(random: Random, passage: Passage) -> tuple[str, Passage]:
    stem = (
        f"{random.choice(words.NOUNS)}-{random.choice(_NAMES)}" if random.random() < 0.7 else words.syllables(random, 2)
    )
    ending = {"code": "py", "log": "log"}.get(passage.kind) or random.choice(("txt", "pdf", "md"))
    return f"{stem}.{ending}", passage
