"""Logs, code and settings: documents whose unit is the line."""

from __future__ import annotations

import re
from random import Random

from resources.pocket.corpus import read_corpus
from resources.pocket.tasks import words
from resources.pocket.tasks.prose import common_word
from resources.pocket.tasks.scene import Ask, Passage

_LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "WARNING", "ERROR", "FATAL")
_EVENTS = (
    "{verb} {noun} {id} took {n} ms",
    "cannot {verb} {noun} {id}",
    "{noun} {id} timed out after {n} s",
    "{verb} {noun} for user {name}",
    "connection from {ip} closed",
    "retry {n} of {verb} {noun}",
    "{noun} queue holds {n} entries",
    "disk {id} is {n} percent full",
    "{name} logged in from {ip}",
    "started {verb} {noun}",
    "{noun}[{n}] {verb} {id}",
    "{id} {verb} {noun} [{n}]",
    "{name} {word} {word} {id} of {ip}",
    "{word} {word} {word} {id} {word}",
)
_DEFINITION = re.compile(r"^\s*(?:async )?(?:def|class) (\w{4,})")


def logs(random: Random, count: int) -> Passage:
    """A log of several services, asked by level and service, by identifier, by event."""
    services = random.sample(words.SERVICES, random.randint(2, 7))
    layout = random.randrange(6)
    host = words.place(random).lower()
    second = random.randrange(86_400)
    date = f"{random.randint(2019, 2031)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    lines: list[str] = []
    heads: list[tuple[str, str]] = []
    bodies: list[str] = []
    for _ in range(count):
        second = (second + random.randint(0, 90)) % 86_400
        level, service, body = random.choice(_LEVELS), random.choice(services), _event(random)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        head = (
            f"{date} {clock} {level} {service}: ",
            f"[{clock}] {service} {level} ",
            f"{date}T{clock}Z {level} [{service}] ",
            f"{clock} {service}[{random.randint(1, 32000)}] {level} ",
            f"{date} {clock} {host} {service}[{random.randint(1, 32000)}]: {level}: ",
            f"[{second}.{random.randint(100000, 999999)}] {level} {service}({random.randint(1, 99)}): ",
        )
        lines.append(head[layout] + body)
        heads.append((level, service))
        bodies.append(body)
    return Passage("log", tuple(lines), tuple(_log_asks(random, services, heads, bodies)))


def _log_asks(random: Random, services: list[str], heads: list[tuple[str, str]], bodies: list[str]) -> list[Ask]:
    asks: list[Ask] = []
    for level in ("ERROR", "WARNING", "FATAL"):
        for service in services:
            hits = [i for i, head in enumerate(heads) if head == (level, service)]
            frames = ("first {l} of {s}", "What is the first {l} of {s}?", "Which {l} did {s} report first?")
            if hits:
                asks.append(Ask(random.choice(frames).format(l=level, s=service), (hits[0],)))
    for index, body in enumerate(bodies):
        if bodies.count(body) == 1:
            start = random.randrange(max(1, len(body.split()) - 3))
            phrase = " ".join(body.split()[start : start + random.randint(3, 5)])
            wordings = ("{p}", "Which line says {p}?", "{s} {p}", "When did {s} log {p}?", "{l} {s} {p}")
            if sum(phrase in other for other in bodies) == 1:
                level, service = heads[index]
                asks.append(Ask(random.choice(wordings).format(p=phrase, s=service, l=level), (index,)))
    absent = [s for s in words.SERVICES if s not in services]
    asks += [
        Ask(f"What did {random.choice(absent)} do with {words.identifier(random)}?")
        for _ in range(1 + len(bodies) // 10)
    ]
    for _ in range(len(bodies) // 6):
        body = _event(random)
        if not any(body in other for other in bodies):
            asks.append(
                Ask(f"{random.choice(services)} {body}" if random.random() < 0.5 else f"Which line says {body}?")
            )
    random.shuffle(asks)
    return asks


def code(random: Random, count: int) -> Passage:
    """A stretch of a real Python file: where a function is defined, and what a line with these names says."""
    _, source = random.choice(read_corpus(held_out=False).sources)
    return code_passage(random, source, count)


def code_passage(random: Random, source: str, count: int) -> Passage:
    """Questions about `count` consecutive lines of `source`; answers hold at most 160 characters."""
    everything = source.expandtabs(4).split("\n")
    start = random.randrange(max(1, len(everything) - count))
    lines = [line.rstrip() for line in everything[start : start + count]]
    frames = (
        "Where is {} defined?",
        "definition of {}",
        "Which line defines {}?",
        "{} definition",
        "Where do I find the definition of {}?",
    )
    asks: list[Ask] = []
    for index, line in enumerate(lines):
        match = _DEFINITION.match(line)
        if match and len(line) < 160 and sum(_defines(other, match[1]) for other in lines) == 1:
            asks.append(Ask(random.choice(frames).format(match[1]), (index,)))
    names = [set(re.findall(r"[A-Za-z_]\w{3,}", line)) for line in lines]
    for index in random.sample(range(len(lines)), min(len(lines), 3 + len(lines) // 3)):
        if len(names[index]) < 2 or len(lines[index]) >= 160:
            continue
        chosen = random.sample(sorted(names[index]), min(len(names[index]), random.randint(2, 3)))
        if sum(other.issuperset(chosen) for other in names) == 1:
            wrap = random.choice(("{}", "Which line uses {}?", "Where is {} used?", "line with {}"))
            asks.append(Ask(wrap.format(" and ".join(chosen)), (index,)))
    asks += [
        Ask(random.choice(frames).format(f"{random.choice(words.VERBS)}_{words.syllables(random, 1)}"))
        for _ in range(1 + count // 25)
    ]
    random.shuffle(asks)
    return Passage("code", tuple(lines), tuple(asks))


def _defines(line: str, name: str) -> bool:
    match = _DEFINITION.match(line)
    return bool(match and match[1] == name)


def pairs(random: Random, count: int) -> Passage:
    """Many keys of one kind with a value each: the needle among needles."""
    key_kind = random.choice(("code", "number", "token", "secret", "entry", "value"))
    frame = random.choice((
        "The special {kind} for {key} is {value}.", "{key}: {value}.", "Remember that {key} stands for {value}.",
        "{kind} {key} = {value}.", "The {kind} of {key} reads {value}.",
    ))  # fmt: skip
    question = random.choice((
        "What is the special {kind} for {key}?", "{key}", "What does {key} stand for?",
        "Which {kind} belongs to {key}?",
        "What is the {kind} of {key}?", "Value of {key}?",
    ))  # fmt: skip
    keys = list({_key(random): None for _ in range(count + 1 + count // 5)})
    lines = [frame.format(kind=key_kind, key=key, value=words.identifier(random)) for key in keys[:count]]
    asks = [
        Ask(question.format(kind=key_kind, key=key), (index,) if index < len(lines) else ())
        for index, key in enumerate(keys)
    ]
    random.shuffle(asks)
    return Passage("text", tuple(line[:1].upper() + line[1:] for line in lines), tuple(asks))


def _key(random: Random) -> str:
    form = random.randrange(4)
    if form == 0:
        return f"{random.choice(words.ADJECTIVES)}-{random.choice(words.THINGS)}"
    if form == 1:
        return words.syllables(random, 2)
    if form == 2:
        return f"{random.choice(words.VERBS)}_{random.choice(words.NOUNS)}_{random.randint(1, 99)}"
    return f"{words.place(random)} {random.choice(words.ANIMALS)}"


def _event(random: Random) -> str:
    text = random.choice(_EVENTS)
    while "{word}" in text:
        text = text.replace("{word}", common_word(random), 1)
    return text.format(
        verb=random.choice(words.VERBS),
        noun=random.choice(words.NOUNS),
        id=words.identifier(random),
        n=random.randint(1, 999),
        name=random.choice(words.FIRST_NAMES).lower(),
        ip=".".join(str(random.randint(1, 254)) for _ in range(4)),
    )
