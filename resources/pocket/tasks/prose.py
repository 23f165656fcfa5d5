"""Keyword questions: over real sentences, and over sentences of words thrown together (copying must not need sense)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from random import Random

from resources.pocket.corpus import read_corpus
from resources.pocket.tasks import words
from resources.pocket.tasks.scene import Ask, Passage

_WORD = re.compile(r"[A-Za-z][A-Za-z_]{2,}|\d{2,}")
STOP_WORDS = frozenset(
    "the and for that this with from are was were will which what when where who whom how has have had not but can may "
    "its into than then they them their there these those also only any all each other such been being does did should "
    "would could must used using use you your one two more most some same".split()
)
_WRAPPERS = (
    "{words}",
    "{words}?",
    "{list}",
    "What does it say about {list}?",
    "Which sentence mentions {list}?",
    "Where is {list} discussed?",
    "What is said about {words}?",
    "Is there anything on {list}?",
    "Find the part about {list}.",
    "Tell me about {words}.",
    "How do {list} go together?",
    "Please look up {words}.",
    "Where do I read about {list}?",
    "Explain {words}.",
)


@cache
def _training_words() -> tuple[str, ...]:
    counts = Counter(word for sentence in read_corpus(held_out=False).sentences for word in _WORD.findall(sentence))
    return tuple(sorted(word for word, times in counts.items() if times >= 2))


def common_word(random: Random) -> str:
    """A word of the training text, in lower case."""
    return random.choice(_training_words()).lower()


def prose(random: Random, count: int) -> Passage:
    """Real sentences in stretches of neighbours, which share words and so confuse."""
    sentences = read_corpus(held_out=False).sentences
    lines: dict[str, None] = {}
    while len(lines) < count:
        start = random.randrange(len(sentences))
        lines.update(dict.fromkeys(sentences[start : start + random.randint(1, 12)]))
    kept = list(lines)[:count]
    outside = [random.choice(sentences) for _ in range(1 + count // 4)]
    return keyword_passage(random, kept, [s for s in outside if s not in lines], _WRAPPERS)


def thrown_together(random: Random, count: int) -> Passage:
    """Sentences of random words, names, numbers and identifiers."""
    pool = random.sample(_training_words(), min(len(_training_words()), 5 * count + 20))
    sentences = [_nonsense(random, pool) for _ in range(count + 1 + count // 4)]
    return keyword_passage(random, sentences[:count], sentences[count:], _WRAPPERS)


def keyword_passage(
    random: Random,
    lines: Sequence[str],
    outside: Sequence[str],
    wrappers: Sequence[str],
    *,
    least: int = 2,
    most: int = 4,
) -> Passage:
    """Ask for each line by `least` to `most` words that no other line holds together, and for lines not there."""
    bags = [set(content_words(line)) for line in lines]
    asks: list[Ask] = []
    for index, line in enumerate(lines):
        chosen = _choose(random, line, least, most)
        if chosen and sum(bag.issuperset(chosen) for bag in bags) == 1:
            asks.append(Ask(_wrap(random, line, chosen, wrappers), (index,)))
    for line in outside:
        chosen = _choose(random, line, max(2, least), most)
        if chosen and max((len(bag & set(chosen)) for bag in bags), default=0) < max(1, len(chosen) - 1):
            asks.append(Ask(_wrap(random, line, chosen, wrappers)))
    random.shuffle(asks)
    return Passage("text", tuple(lines), tuple(asks))


def content_words(sentence: str) -> list[str]:
    """The words of a sentence that say what it is about, lower case, in order, without repeats."""
    found = (word.lower() for word in _WORD.findall(sentence))
    return list(dict.fromkeys(word for word in found if word not in STOP_WORDS))


def _choose(random: Random, line: str, least: int, most: int) -> list[str]:
    available = content_words(line)
    if len(available) < least:
        return []
    count = min(len(available), random.randint(least, most))
    if random.random() < 0.3:
        start = random.randrange(len(available) - count + 1)
        return available[start : start + count]
    return random.sample(available, count)


def _wrap(random: Random, line: str, chosen: list[str], wrappers: Sequence[str]) -> str:
    as_written = {word.lower(): word for word in _WORD.findall(line)}
    shown = [as_written[word] for word in chosen] if random.random() < 0.8 else chosen
    listed = ", ".join(shown[:-1]) + (" and " if len(shown) > 1 else "") + shown[-1]
    text = random.choice(wrappers).format(words=" ".join(shown), list=listed)
    return text[:1].upper() + text[1:] if random.random() < 0.5 else text


def _nonsense(random: Random, pool: Sequence[str]) -> str:
    parts = [random.choice(pool) for _ in range(random.randint(4, 14))]
    for _ in range(random.randint(0, 3)):
        extra = random.choice((words.identifier, words.person, words.place, lambda r: words.syllables(r, 2)))
        parts.insert(random.randrange(len(parts) + 1), extra(random))
    if random.random() < 0.1:
        parts.insert(random.randrange(1, len(parts) + 1), f"[{random.randint(1, 200)}]")
    text = " ".join(parts)
    return text[:1].upper() + text[1:] + "."
