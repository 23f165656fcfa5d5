"""Quotations kept verbatim while tokens are chosen: whatever a model likes to write, what it quotes stands there."""

from __future__ import annotations

import threading
from copy import copy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.core.citations import verify
from app.core.marks import Mark
from app.core.prompt import PromptDocument
from app.core.quotes import quoted_with_marks
from engine.byte_alphabet import to_bytes
from engine.errors import Cancelled
from engine.quotable import Quotable, QuoteRules, TooMuchText, from_header, quotable
from engine.quote_guard import Guard, QuoteDesk
from ingest.document import Section, Span
from tests.make_gguf import LANGUAGES, sample_vocabulary

RULES = QuoteRules(
    pairs=(('"', '"'), ("“", "”"), ("„", "“”"), ("«", "»"), ("»", "«"), ("「", "」")), literal="`", longest=80
)
LINES = QuoteRules(named=("‹", "›"))
MARKS = ['"', ' "', "“", "„", "«", "「"]
TEXTS = LANGUAGES.read_text(encoding="utf-8").split("\n\n")


@cache
def vocabulary() -> list[bytes]:
    """Every byte, words of ten languages, and tokens in which a quotation mark meets other text."""
    sample = sample_vocabulary()
    plain = [to_bytes(token) if kind == 1 else b"" for token, kind in zip(sample.tokens, sample.kinds, strict=True)]
    extra = [
        '"The',
        ' "',
        '."',
        '", "',
        '"."',
        "”",
        "“",
        '"\n\n',
        "h“",
        "」",
        " The",
        "\n",
        "   ",
        "he ",
        '"]',
        "‹",
        "› ",
        "\n\n",
    ]
    return [*plain, *(text.encode() for text in extra), "“".encode()[:2], "”".encode()[1:], b""]


END = len(vocabulary()) - 1


def guard_over(passages: list[tuple[str, str]], rules: QuoteRules = RULES) -> Guard:
    pieces = vocabulary()
    desk = QuoteDesk(len(pieces), pieces.__getitem__, END.__eq__, lambda: False)
    data = quotable(passages, rules)
    assert data is not None
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    return guard


class Typist:
    """Writes tokens under a guard, as sampling does."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.raw = b""

    def write(self, token: int) -> bool:
        """Whether `token` is allowed; then it is written."""
        if token == END:
            return self.guard.may_end()
        tokens = self.guard.accept(token, vocabulary()[token])
        self.raw += b"".join(vocabulary()[t] for t in tokens or ())
        return tokens is not None

    def text(self, text: str) -> bool:
        """Byte by byte."""
        return all(self.write(vocabulary().index(bytes([byte]))) for byte in text.encode())

    def random(self, generator: np.random.Generator, length: int) -> str:
        """What a model without any sense writes: `length` tokens, then on until it may end."""
        for number in range(length + 1000):
            logits = generator.standard_normal(len(vocabulary()))
            if number > length and self.guard.may_end():
                break
            logits[END] = -9
            if not self.write(int(logits.argmax())):
                mask = self.guard.mask()
                mask[END] = False
                assert mask.any()
                assert self.write(int(np.where(mask, logits, -np.inf).argmax()))
        return self.raw.decode("utf-8", "replace")


def state_of(quote: str, texts: list[str]) -> str:
    """The best that citing `quote` from one of the texts comes to."""
    documents = [PromptDocument(f"S{i}", "a.txt", "text", [Section("", Span(), t)]) for i, t in enumerate(texts)]
    marks = [Mark(f"S{i}", i, 0, 0, len(t)) for i, t in enumerate(texts)]
    around = "“{}” [S{}]" if "”" not in quote else '"{}" [S{}]'
    answers = [around.format(quote, i) for i in range(len(texts))]
    checked = [verify(a, style="header", marks=marks, documents=documents).citations for a in answers]
    states = {citations[0].state for citations in checked if citations}
    return next((state for state in ("exact", "near", "not_quoted") if state in states), "missing")


def quotes_in(answer: str) -> list[str]:
    found, _ = quoted_with_marks(answer)
    return [q.text for q in found if answer[q.past - 1] in '"”“»«」']


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(MARKS), st.integers(0, len(TEXTS) - 3))
def test_whatever_is_written_behind_a_quotation_mark_stands_in_a_passage(seed: int, mark: str, first: int) -> None:
    texts = TEXTS[first : first + 3]
    typist = Typist(guard_over([(f"S{i}", t) for i, t in enumerate(texts)]))
    assert typist.text("It says " + mark)
    answer = typist.random(np.random.default_rng(seed), 40)
    quotes = quotes_in(answer)
    assert quotes
    for quote in quotes:
        assert state_of(quote, texts) in ("exact", "not_quoted"), quote
        assert state_of(quote, texts) == "exact" or sum(c.isalnum() for c in quote) < 2


@settings(max_examples=20)
@example(4194303, '"', 5)
@given(st.integers(0, 2**32 - 1), st.sampled_from([*MARKS, '5"', "‹2›", "‹2› ", "word “", ""]), st.integers(0, 30))
def test_the_mask_allows_just_what_is_accepted(seed: int, opening: str, length: int) -> None:
    texts = ["The harbour\noffice opens at “seven”.", "He said: don’t\u00a0 go 「in」 at 1.5", "The har"]
    rules = replace(RULES, named=("‹", "›"), longest=12)
    typist = Typist(guard_over([(str(i), t) for i, t in enumerate(texts)], rules))
    typist.text(opening)
    generator = np.random.default_rng(seed)
    for _ in range(length):
        logits = np.where(typist.guard.mask(), generator.standard_normal(len(vocabulary())), -np.inf)
        logits[END] = -9
        assert typist.write(int(logits.argmax()))
    mask = typist.guard.mask()
    for token, piece in enumerate(vocabulary()):
        if token == END:
            assert mask[token] == typist.guard.may_end()
            continue
        guard = copy(typist.guard)
        tokens = guard.accept(token, piece)
        respelt = tokens is not None and b"".join(vocabulary()[t] for t in tokens) != piece
        # Several signs of white space at once are taken when they come, but nobody is sent there.
        assert mask[token] == (tokens is not None) or (respelt and len(piece) - len(piece.lstrip()) != 1), piece


def typed(passages: list[str], text: str, rules: QuoteRules = RULES) -> str | None:
    """What is written when `text` is typed byte by byte, None when it is not let through."""
    typist = Typist(guard_over([(str(i), t) for i, t in enumerate(passages, 1)], rules))
    return typist.raw.decode() if typist.text(text) else None


PASSAGE = 'The harbour office opens at seven, and "nobody" is there at 1.25. Don\'t\ncome before.'


@pytest.mark.parametrize(
    "text",
    [
        'He says "office opens" and "at seven,".',
        '"The harbour" "seven"',
        "„opens at“ and „opens at” and «opens» and »opens« and 「opens」",
        '“and "nobody" is”',
        'a 5" gun, a 6" pipe',
        '`print("hello")` and ``` x = "y" ``` "office"',
        "no quotation at all: 'so-called', it's",
        '"1.25"',
    ],
)
def test_what_is_let_through(text: str) -> None:
    assert typed([PASSAGE], text) == text


@pytest.mark.parametrize(
    "text",
    [
        '"A harbour',
        '"harbour opens',
        '"offi"',
        '"ffice',
        '""',
        '" ',
        '"25',
        '"1"',
        '"Don"',
        'he said"hello',
        '5"gun',
        "“nobody”“x",
        '`x` "hello',
    ],
)
def test_what_is_not(text: str) -> None:
    assert typed([PASSAGE], text) is None


def test_the_passages_own_white_space_is_written() -> None:
    text = "one\n   two\u00a0three four"
    assert typed([text], '"one two three four"') == f'"{text}"'
    typist = Typist(guard_over([("1", "a\n\nThe end"), ("2", "a b")]))
    assert [typist.write(vocabulary().index(piece)) for piece in (b'"', b"a", b" The", b"   ", b"e", b"n")] == [
        True
    ] * 6
    assert typist.raw == b'"a\n\nThe en'


def test_a_quotation_is_not_longer_than_the_longest() -> None:
    text = "word " * 40
    rules = replace(RULES, longest=22)
    assert typed([text], '"word word word word wor', rules) is not None
    assert typed([text], '"word word word word word wo', rules) is None


def test_nothing_runs_from_one_passage_into_the_next() -> None:
    assert typed(["one two", "three"], '"one two"') is not None
    assert typed(["one two", "three"], '"one two\xff') is None
    assert typed(["one two", "three"], '"one twothree') is None
    guard = guard_over([("1", "one")])
    assert guard.accept(vocabulary().index(b'"'), b'"') is not None
    assert guard.accept(vocabulary().index(b"\xff"), b"\xff") is None


def test_the_line_behind_a_mark_is_the_passage_of_that_name() -> None:
    passages = ["First line.", "Second\nline here.", "First of all."]
    assert typed(passages, "‹2› Second line here.\n\nWell. ‹1› First line.", LINES) == (
        "‹2› Second\nline here.\n\nWell. ‹1› First line."
    )
    assert typed(passages, "‹1,3› First of all.‹1›First line.", LINES) is not None
    assert typed(passages, "‹1› First line.\n‹2› Second line", LINES) is not None
    assert typed(passages, "‹1› First line.\nSo", LINES) is None
    assert typed(passages, "‹1› First of", LINES) is None
    assert typed(passages, "‹2› line", LINES) is None
    assert typed(passages, "‹2› Second\n\n", LINES) is None
    # A name that there is not: any passage, which the check of citations will find elsewhere.
    assert typed(passages, "‹9› Second", LINES) is not None
    assert typed(passages, "‹9› Nothing", LINES) is None


def test_an_answer_does_not_end_inside_a_quotation() -> None:
    for text, may_end in (("a", True), ('"The', False), ('"The"', True), ("“The", False), ('5"', True)):
        typist = Typist(guard_over([("1", "The end")]))
        assert typist.text(text)
        assert typist.guard.may_end() == may_end
    for text, may_end in (("‹1›", False), ("‹1› The", False), ("‹1› The end", True), ("‹1› The end\n", True)):
        typist = Typist(guard_over([("1", "The end")], LINES))
        assert typist.text(text)
        assert typist.guard.may_end() == may_end
        assert typist.guard.mask()[END] == may_end


def test_tokens_that_begin_and_end_inside_others() -> None:
    """A quotation may open, run and close within single tokens."""
    for words, allowed in ((['"The', "he ", '."'], False), (['"The', " ", "he ", '."'], False), (['"The', '."'], True)):
        typist = Typist(guard_over([("1", "The. other")]))
        written = [typist.write(vocabulary().index(word.encode())) for word in words]
        assert all(written) == allowed


def test_data_crosses_as_it_is() -> None:
    data = quotable([("S1 p.1", "one"), ("S1 p.2", "zwö")], RULES)
    assert isinstance(data, Quotable)
    assert from_header(data.header(), data.text) == data
    assert quotable([], RULES) is None
    assert quotable([("1", " \n")], RULES) is None
    other = quotable([("S1 p.1", "one"), ("S1 p.3", "zwö")], RULES)
    assert other is not None
    assert other.key != data.key


def test_too_much_text_is_not_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.quotable.MOST_BYTES", 5)
    assert quotable([("1", "12345")], RULES) is not None
    with pytest.raises(TooMuchText):
        quotable([("1", "123456")], RULES)


def test_a_cancel_does_not_wait_for_the_index() -> None:
    pieces = vocabulary()
    goes_on = threading.Event()

    def slow(token: int) -> bytes:
        goes_on.wait(20)
        return pieces[token]

    desk = QuoteDesk(len(pieces), slow, END.__eq__, lambda: True)
    data = quotable([("1", "text")], RULES)
    assert data is not None
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    assert guard.accept(0, b"no mark") == [0]
    with pytest.raises(Cancelled):
        guard.accept(0, b' "')
    goes_on.set()


def test_a_model_that_is_freed_is_asked_for_nothing_more() -> None:
    asked: list[int] = []
    begun, goes_on = threading.Event(), threading.Event()

    def slow(token: int) -> bytes:
        asked.append(token)
        begun.set()
        goes_on.wait(20)
        return vocabulary()[token]

    desk = QuoteDesk(len(vocabulary()), slow, END.__eq__, lambda: False)
    data = quotable([("1", "text")], RULES)
    assert data is not None
    guard = desk.open(data.header(), data.text)
    assert guard is not None
    assert begun.wait(20)
    threading.Timer(0.05, goes_on.set).start()
    desk.close()
    assert len(asked) < len(vocabulary())
    with pytest.raises(Cancelled):
        guard.accept(0, b'"')
    assert len(asked) < len(vocabulary())


@pytest.mark.long
def test_many_more_answers_without_any_sense() -> None:
    generator = np.random.default_rng(11)
    for number in range(400):
        first = int(generator.integers(len(TEXTS) - 2))
        texts = TEXTS[first : first + 3]
        typist = Typist(guard_over([(f"S{i}", t) for i, t in enumerate(texts)]))
        assert typist.text("It says " + MARKS[number % len(MARKS)])
        quotes = quotes_in(typist.random(generator, 60))
        assert quotes
        assert {state_of(quote, texts) for quote in quotes} <= {"exact", "not_quoted"}
