from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest.log_templates as log_templates
from ingest.log_masks import MASK, Masker, words
from ingest.log_shapes import REST
from ingest.log_templates import LONGEST_MESSAGE, TemplateMiner
from tests.ingest.labelled_logs import SETS, grouping_accuracy, labelled


def mined(messages: list[str], *, size: int = 500, most_shapes: int = 8_192) -> tuple[list[int], tuple[str, ...]]:
    """The template of each message, and the texts of all."""
    miner = TemplateMiner(most_shapes=most_shapes)
    numbers: list[int] = []
    for start in range(0, len(messages), size):
        numbers += miner.add(messages[start : start + size])
    found = miner.templates()
    return [found.of_shape[number] for number in numbers], tuple("".join(pattern) for pattern in found.patterns)


@pytest.mark.parametrize(
    ("message", "shape"),
    [
        ("took 10.5 ms, then 3 ms", "took <*> ms, then <*> ms"),
        ("id 550e8400-e29b-41d4-a716-446655440000.", "id <*>."),
        ("at 0xDEADbeef and 0x1", "at <*> and <*>"),
        ("from 10.0.0.1:8080 to [2001:db8::1]", "from <*> to [<*>]"),
        ("ff02:0:0:0:0:0:0:fb answers", "<*> answers"),
        ("mac aa:bb:cc:0d:ee:ff", "mac <*>"),
        ("open /usr/lib/x.so: no such file", "open <*>: no such file"),
        ("open C:\\Windows\\x.dll failed", "open C:<*> failed"),
        ("GET /index.html", "GET /index.html"),
        ("either/or", "either/or"),
        ("commit 0a1b2c3 added by facade", "commit <*> added by facade"),
        ("-5 x-5 +5 (-5)", "<*> x-<*> <*> (<*>)"),
        ("850.0 B of 5MB and 12 KiB free, 7 Boats", "<*> of <*> and <*> free, <*> Boats"),
        ("since Jul  4 12:52:44 2005 up", "since <*> up"),
        ("on Fri Jun 17 07:07:00 PDT 2005", "on <*>"),
        ("May I come in", "May I come in"),
        ("lists 1, 2, 3 and a_1 a_22 a_333 end", "lists <*> and a_<*> end"),
        ("token QWxhZGRpbjpvcGVuIHNlc2FtZQ1234567890abcdefgh= sent", "token <*> sent"),
        ("averylongwordofmorethanfortyletterswithoutanydigit", "averylongwordofmorethanfortyletterswithoutanydigit"),
        ("v1.2-rc3", "v<*>-rc<*>"),
        ("größe 12 naïve 一百 ١٢", "größe <*> naïve 一百 ١٢"),
        ("", ""),
        ("  two  spaces\there ", "  two  spaces\there "),
    ],
)
def test_values_are_masked_and_words_are_not(message: str, shape: str) -> None:
    masker = Masker()
    assert masker.masked(message) == shape
    # Beside others, and when the words are known by now, it is the same.
    assert masker.masked(f"a 1\n{message}\nb") == f"a <*>\n{shape}\nb"


@given(st.lists(st.text(st.characters(exclude_characters="\n")), min_size=1, max_size=20))
def test_any_text_keeps_its_lines_and_its_words_join_again(messages: list[str]) -> None:
    shapes = Masker().masked("\n".join(messages)).split("\n")
    assert len(shapes) == len(messages)
    assert shapes == [Masker().masked(message) for message in messages]
    for message in messages:
        assert "".join(words(message)) == message or MASK in message


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", [1, 2])
def test_messages_of_one_template_are_one_group(name: str, seed: int) -> None:
    messages, labels = labelled(name, 3_000, seed)
    found, _ = mined(messages)
    assert grouping_accuracy(found, labels) == 1


def test_a_place_is_a_value_from_the_fourth_word_on() -> None:
    few = [f"door {word} is shut" for word in ("north", "east", "south")]
    assert len(set(mined(few)[0])) == 3
    assert mined([*few, "door west is shut"])[1] == ("door <*> is shut",)


def test_beside_a_value_a_word_is_a_value() -> None:
    assert mined(["child 12 found", "child init found"])[1] == ("child <*> found",)


def test_two_places_may_change_together() -> None:
    pairs = [f"user {name}a entered room {name}b by the gate" for name in "uvwxyz"]
    assert mined(pairs)[1] == ("user <*> entered room <*> by the gate",)


def test_a_value_may_be_missing() -> None:
    named = "connection from 10.0.0.1 (host3.example.org) at 12:00"
    assert set(mined([named, "connection from 10.0.0.1 () at 12:00"])[0]) == {0}
    assert set(mined(["blocks 1 2 3 lost", "blocks 4 lost", "blocks lost"])[0]) == {0}


def test_messages_that_are_all_different_are_not_one() -> None:
    found, _ = mined(["alpha beta", "gamma delta", "epsilon zeta", "eta theta", "iota kappa", "lambda mu"])
    assert len(set(found)) == 6


def test_templates_are_in_the_order_of_their_first_messages() -> None:
    assert mined(["b 1", "a 2", "b 3", "c"])[0] == [0, 1, 0, 2]


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(SETS)), st.integers(1, 400))
def test_neither_order_nor_batches_matter(chosen: random.Random, name: str, size: int) -> None:
    messages, _ = labelled(name, 400, seed=chosen.randrange(100))
    order = list(range(len(messages)))
    chosen.shuffle(order)
    straight, texts = mined(messages)
    shuffled, others = mined([messages[index] for index in order], size=size)
    assert set(others) == set(texts)
    assert [others[number] for number in shuffled] == [texts[straight[index]] for index in order]


def test_the_first_line_of_a_long_message_counts() -> None:
    assert mined(["went wrong\n  at a", "went wrong\n  at b", "fine"])[0] == [0, 0, 1]
    long = "word " * LONGEST_MESSAGE
    found, (text,) = mined([f"{long} a", f"{long} b"])
    assert found == [0, 0]
    assert len(text) <= LONGEST_MESSAGE


def prose(count: int) -> list[str]:
    chosen = random.Random(5)
    known = ["".join(chosen.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(3_000)]
    return [" ".join(chosen.choices(known, k=chosen.randrange(2, 12))) for _ in range(count)]


def test_what_has_no_templates_stays_bounded_and_comes_out_the_same_again() -> None:
    messages = prose(6_000)
    miner = TemplateMiner(most_shapes=200)
    numbers = [number for start in range(0, 6_000, 50) for number in miner.add(messages[start : start + 50])]
    found = miner.templates()
    assert sum(miner.counts.values()) == len(numbers) == 6_000
    assert len(found.patterns) <= 200
    assert len(found.of_shape) <= 1_000
    assert any(pattern[-1:] == (REST,) for pattern in found.patterns)
    again = TemplateMiner(most_shapes=200)
    assert [n for start in range(0, 6_000, 50) for n in again.add(messages[start : start + 50])] == numbers
    assert again.templates() == found


def test_frequent_templates_survive_a_flood() -> None:
    chosen = random.Random(6)
    flood = prose(4_000)
    messages = [part for text in flood for part in (text, f"request {chosen.random()} served")]
    found, texts = mined(messages, most_shapes=200, size=50)
    served = {found[index] for index in range(1, len(messages), 2)}
    assert [texts[number] for number in served] == ["request <*> served"]
    assert not served & {found[index] for index in range(0, len(messages), 2)}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=30), max_size=60), st.integers(1, 60), st.integers(2, 20))
def test_any_messages_get_a_number_each(messages: list[str], size: int, most_shapes: int) -> None:
    found, texts = mined(messages, size=size, most_shapes=most_shapes)
    assert len(found) == len(messages)
    assert set(found) <= set(range(len(texts)))


@pytest.mark.parametrize(
    "message",
    [
        "1" * 60_000,
        "a1" * 30_000,
        "/" * 60_000,
        "/a" * 30_000,
        "a:" * 30_000,
        "0x" * 30_000,
        "<*> " * 15_000,
        "-" * 60_000,
    ],
)
def test_hostile_messages_take_no_longer_than_others(message: str) -> None:
    assert len(set(mined([message] * 40 + [f"{message[n:]}" for n in range(40)])[0])) <= 80


def test_long_messages_that_are_all_different_make_room_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    make_room = TemplateMiner._make_room

    def counted(miner: TemplateMiner) -> None:
        made.append(1)
        make_room(miner)

    monkeypatch.setattr(TemplateMiner, "_make_room", counted)
    monkeypatch.setattr(log_templates, "MOST_WORDS", 4_000)
    messages = [f"{text} {text}" for text in prose(3_000)]
    found, texts = mined(messages, size=10)
    assert len(found) == 3_000
    assert 1 <= len(made) <= 6
    assert sum(len(text.split()) for text in texts) <= 4_000
