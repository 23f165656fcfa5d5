"""Where the lines stand: exact lengths, every band at every length, borders crossed, order kept."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.selfcheck.asking import Asker, frame_of
from engine.selfcheck.building import Book, Builder
from engine.selfcheck.deciding import Decider
from engine.selfcheck.filling import Filling
from engine.selfcheck.laying import Layer, Line, Wish, band_of
from engine.selfcheck.plan import Plan, plan_for
from engine.selfcheck.task import Item
from engine.selfcheck.tasks import TASKS
from tests.engine.selfcheck.simulated import Plain, Simulated
from tests.engine.selfcheck.test_readers import run, text

LENGTHS = (1024, 2048, 4096, 8192, 16_384, 32_768)


def wishes(needles: int = 1, decoys: int = 2, tokens: int = 18) -> Iterator[Wish]:
    for i in range(100_000):
        item = Item("t", tuple(f"n{i}.{j}" for j in range(needles)), f"?{i}", ("1",), decoys=("d",) * decoys)
        yield Wish(item, i, (tokens,) * needles, (tokens,) * decoys)


def layer(lengths: tuple[int, ...] = LENGTHS, density: float = 0.7, seed: int = 1) -> Layer:
    spans = {length: length - 140 for length in lengths}
    return Layer(spans, bands=10, density=density, head=40, line=18.0, chosen=random.Random(seed))


def in_bands(lines: tuple[Line, ...], span: int) -> Counter[int]:
    return Counter(band_of(line.at, span, 10) for line in lines if line.needle is not None and line.at < span)


def test_each_length_has_needles_in_each_band() -> None:
    laid = layer().lay({"t": wishes(decoys=0)}, lambda task, length, band: 2, lambda task, length: 10, spread=())
    for length in LENGTHS:
        bands = in_bands(laid.lines, length - 140)
        assert all(bands[band] >= 2 for band in range(10))
        # What the shorter lengths have stands in the first half.
        assert all(bands[band] <= 3 for band in range(6, 10))
    assert laid.count("t", 1024, spread=False) == 20
    assert 30 <= laid.count("t", 2048, spread=False) <= 34


def test_places_are_jittered_and_follow_from_the_seed() -> None:
    def places(seed: int) -> list[int]:
        laid = layer(seed=seed).lay({"t": wishes()}, lambda task, length, band: 1, lambda task, length: 10, spread=())
        return [line.at for line in laid.lines]

    assert places(1) == places(1) != places(2)
    assert len({place % 100 for place in places(1)}) > 20


def test_some_lie_across_the_chunks_borders() -> None:
    laid = layer().lay({"t": wishes()}, lambda task, length, band: 2, lambda task, length: 10, spread=())
    borders = {8192, 16_384, 24_576}
    crossed = {b for b in borders for line in laid.lines if line.at + 40 < b < line.at + 40 + 18 + 1}
    assert crossed == borders


def test_no_more_is_laid_than_there_is_room_for() -> None:
    laid = layer(density=0.3).lay({"t": wishes()}, lambda task, length, band: 50, lambda task, length: 10, spread=())
    tokens = sum(18 for line in laid.lines if line.at < 1024 - 140)
    assert 0.2 * 884 < tokens <= 0.3 * 884
    assert sum(18 for _ in laid.lines) <= 0.3 * (32_768 - 140)


def test_needles_that_stand_all_over_do_so_in_order_within_their_length() -> None:
    laid = layer().lay(
        {"t": wishes(needles=4, decoys=0)}, lambda task, length, band: 3, lambda task, length: 10, spread=("t",)
    )
    by_wish: dict[int, list[Line]] = defaultdict(list)
    for line in laid.lines:
        by_wish[line.wish.number].append(line)
    firsts = {wish.number: length for length, wish in laid.asked["t"]}
    assert Counter(firsts.values()) == dict.fromkeys(LENGTHS, 3)
    for number, lines in by_wish.items():
        assert [line.needle for line in lines] == [0, 1, 2, 3]
        span = firsts[number] - 140
        assert all(i / 4 * span * 0.9 <= line.at < (i + 1) / 4 * span for i, line in enumerate(lines))


def test_decoys_stand_where_the_first_question_can_meet_them() -> None:
    laid = layer().lay({"t": wishes(decoys=6)}, lambda task, length, band: 1, lambda task, length: 10, spread=())
    firsts = {wish.number: length for length, wish in laid.asked["t"]}
    decoys = Counter(line.wish.number for line in laid.lines if line.decoy is not None)
    assert all(line.at < firsts[line.wish.number] for line in laid.lines if line.decoy is not None)
    assert {decoys[number] for number, length in firsts.items() if length >= 8192} == {6}
    assert all(1 <= decoys[number] <= 6 for number, length in firsts.items() if length > 1024)


@pytest.mark.parametrize("most", [None, 400])
def test_prompts_fill_their_lengths_exactly(most: int | None) -> None:
    subject = Simulated(n_ctx=8192)
    layout = Plain(most)
    report = run(subject, plan_for("standard", 8192, tasks=["multikey", "absent"]), layout=layout)
    assert report.trials
    asked = [prompt for prompt in subject.prompts if prompt.max_answer and prompt.prefix < len(prompt.tokens)]
    by_prefix: dict[int, int] = defaultdict(int)
    for prompt in asked:
        by_prefix[prompt.prefix] = max(by_prefix[prompt.prefix], len(prompt.tokens) + prompt.max_answer)
    for prefix, longest in by_prefix.items():
        length = min(n for n in report.lengths if n > prefix)
        assert length - 80 < longest <= length, (prefix, longest)


def test_a_prompt_is_the_layouts_pieces_in_order() -> None:
    subject = Simulated(n_ctx=4096)
    run(subject, replace(plan_for("standard", 4096, tasks=["multikey"]), lengths=(4096,)), layout=Plain(500))
    prompt = max(subject.prompts, key=lambda prompt: len(prompt.tokens))
    words = subject.words.decode(prompt.tokens)
    system, user = words.split("\0Answer from the documents.\0# Notes\n")
    assert set(system) == {"\0"}
    haystack, _, question = user.partition("\nQuestion: ")
    lines = haystack.splitlines()
    assert [int(line.split(":")[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert question.split("\0")[1] == subject.items_of[question.split("\0")[0]].opening
    pieces = ["Answer from the documents.", "# Notes\n", *(f"{line}\n" for line in lines)]
    assert prompt.prefix == 3 + sum(len(subject.words.encode(piece)) for piece in pieces)


def book(plan: Plan, subject: Simulated) -> Book:
    layout = Plain()
    tasks = {name: TASKS[name] for name in plan.tasks}
    spread = frozenset(name for name, task in tasks.items() if task.spread)
    frame = frame_of(subject, layout)
    asker = Asker(subject, layout, frame, write_every=0)
    filling = Filling(subject, layout, text(), tasks)
    builder = Builder(subject, layout, frame, plan, text(), filling, tasks, Decider(plan, spread), asker, spread)
    made = builder.next(filling.groups()[0], 1, 0)
    assert made is not None
    return made


def test_needles_come_to_stand_in_the_bands_they_were_planned_for() -> None:
    subject = Simulated(n_ctx=32_768)
    plan = replace(plan_for("classic", 32_768), each=2, lengths=(4096, 8192, 16_384, 32_768))
    made = book(plan, subject)
    for length in plan.lengths:
        assert length - 60 < made.haystack.grow(made.ends(length)) + 60 <= length + 60
        counted = Counter(ask.depth for ask in made.askable(length, plan.bands)["single"])
        assert set(counted) == set(plan.depths)
        assert all(counted[depth] >= 2 for depth in plan.depths), counted
    crossing = [s for s in made.haystack.standing if s.first // 8192 != (s.end - 1) // 8192]
    assert crossing
    for standing in made.haystack.standing:
        tokens = made.haystack.tokens[standing.first : standing.end]
        assert subject.words.decode(tokens) == f"{standing.line.text}\n"
