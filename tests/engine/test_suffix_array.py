"""Word borders, suffix array and token trie against the plainest way to say the same."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.comparing import whole_words
from engine import word_borders
from engine.suffix_array import SPACES, Matches, Passages
from engine.token_trie import TokenTrie
from engine.word_borders import borders
from tests.make_gguf import LANGUAGES

LANGUAGE_LINES = [line for line in LANGUAGES.read_text(encoding="utf-8").split("\n") if line]
TRICKY = st.text(alphabet="ab1 2.,:'’-−+)_]\n\u0301é\u00a0漢ไท\u093fक", max_size=30)
FEW_LETTERS = st.text(alphabet='ab "\n', max_size=60)
TEXTS = st.one_of(TRICKY, FEW_LETTERS, st.text(max_size=30).filter(lambda t: "\ud7ff" not in t))


def valid(text: str) -> str:
    return text.encode("utf-8", "ignore").decode("utf-8")


@given(st.one_of(TEXTS, st.sampled_from(LANGUAGE_LINES)), st.sampled_from([1, 7, 1 << 20]))
@example("x -5 and 1.25, can't 3:4 (2)-1 e\u0301a", 7)
def test_words_begin_and_end_where_the_check_of_citations_says(text: str, chunk: int) -> None:
    text = valid(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_borders, "_CHUNK", chunk)
        begins, ends = borders(text.encode())
    offset = 0
    for at, char in enumerate(text):
        may_begin = whole_words(text, at, len(text)) and not char.isspace()
        # The check is content with an accent without its letter at the very beginning.
        assert begins[offset] == may_begin or at == 0
        assert ends[offset] == whole_words(text, 0, at) or at == 0
        size = len(char.encode())
        assert not begins[offset + 1 : offset + size].any()
        assert not ends[offset + 1 : offset + size].any()
        offset += size
    assert ends[offset]


def beginnings(texts: list[str]) -> list[tuple[int, int]]:
    """Passage and byte in it of every place where a quotation may begin."""
    places = []
    for number, text in enumerate(texts):
        begins, _ = borders(text.encode())
        places += [(number, at) for at in range(len(text.encode())) if begins[at]]
    return places


def matching(texts: list[str], quoted: bytes) -> list[tuple[int, int]]:
    return [(n, at) for n, at in beginnings(texts) if texts[n].encode()[at:].startswith(quoted)]


def places_of(matches: Matches, texts: list[str]) -> list[tuple[int, int]]:
    first = [0]
    for text in texts:
        first.append(first[-1] + len(text.encode()) + 1)
    found = []
    for start in matches.starts():
        number = bisect_right(first, int(start)) - 1
        found.append((number, int(start) - first[number]))
    return sorted(found)


@given(st.lists(TEXTS.map(valid), min_size=1, max_size=5), st.data())
def test_narrowing_keeps_just_the_places_that_go_on_so(texts: list[str], data: st.DataObject) -> None:
    passages = Passages(b"\xff".join(t.encode() for t in texts))
    matches = passages.anywhere()
    quoted = b""
    assert places_of(matches, texts) == matching(texts, b"")
    while True:
        there = matching(texts, quoted)
        nexts = sorted({texts[n].encode()[at + len(quoted) :][:size] for n, at in there for size in (1, 2, 40)} - {b""})
        piece = data.draw(st.sampled_from([*nexts, b"a", b"\xc3", b" b"]))
        narrower = matches.narrow(piece)
        expected = matching(texts, quoted + piece)
        assert (narrower is None) == (not expected)
        if narrower is None:
            break
        assert places_of(narrower, texts) == expected
        quoted, matches = quoted + piece, narrower
        _, *ends = zip(*[(0, borders(t.encode())[1]) for t in texts], strict=True)
        sizes = [len(t.encode()) for t in texts]
        assert matches.may_end() == any(
            at + len(quoted) == sizes[n] or ends[0][n][at + len(quoted)] for n, at in expected
        )
        assert matches.at_end() == any(at + len(quoted) == sizes[n] for n, at in expected)
        assert matches.behind_space() == quoted.endswith(SPACES)


@given(st.text(alphabet="ab ", min_size=100, max_size=400))
def test_many_places_with_long_common_beginnings(text: str) -> None:
    """More places than are compared one by one, deeper than the array is sorted."""
    text = "ab " * 150 + text
    passages = Passages(text.encode())
    matches = passages.anywhere()
    for size in (1, 4, 30, 31, 33, 60, 200):
        quoted = ("ab " * 100)[:size].encode()
        narrower = matches.narrow(quoted)
        assert narrower is not None
        assert places_of(narrower, [text]) == matching([text], quoted)
        step = narrower.narrow(b"ab ") if size % 3 == 0 else None
        if step is not None:
            assert places_of(step, [text]) == matching([text], quoted + b"ab ")


def brute_force(texts: list[str], quoted: bytes, pieces: list[bytes], behind: bytes) -> set[int]:
    places = matching(texts, quoted)
    return {
        number
        for number, piece in enumerate(pieces)
        if len(piece) > len(behind)
        and piece.startswith(behind)
        and any(texts[n].encode()[at:].startswith(quoted + piece[len(behind) :]) for n, at in places)
    }


@given(
    st.lists(TEXTS.map(valid), min_size=1, max_size=4),
    st.lists(st.binary(max_size=3), max_size=20),
    st.integers(0, 10**9),
    st.sampled_from([b"", b" "]),
)
def test_the_trie_finds_every_token_that_continues_and_no_other(
    texts: list[str], extra: list[bytes], seed: int, behind: bytes
) -> None:
    joined = b"\xff".join(t.encode() for t in texts)
    cuts = [joined[(seed * k) % (len(joined) + 1) :][: 1 + k % 6] for k in range(1, 60)]
    pieces = [*extra, *cuts, *(b" " + c for c in cuts), *(bytes([b]) for b in range(256)), b""]
    pieces = [b"" if b"\xff" in piece else piece for piece in pieces]
    trie = TokenTrie(pieces)
    passages = Passages(joined)
    matches: Matches | None = passages.anywhere()
    quoted = b""
    while matches is not None and len(quoted) < 12:
        found = trie.continuing(matches, behind=behind)
        assert len(found) == len(set(found))
        assert set(found) == brute_force(texts, quoted, pieces, behind)
        plain = sorted({bytes(pieces[i]) for i in trie.continuing(matches)})
        if not plain:
            break
        quoted += plain[seed % len(plain)]
        matches = passages.anywhere().narrow(quoted)


@given(st.binary(max_size=40), st.lists(st.binary(min_size=1, max_size=4), max_size=30))
def test_spelling(text: bytes, words: list[bytes]) -> None:
    trie = TokenTrie([*words, *(bytes([b]) for b in range(256))])
    tokens = trie.spell(text)
    assert tokens is not None
    assert b"".join(trie.pieces[t] for t in tokens) == text
    assert TokenTrie(words).spell(b"\x00\x01no such") is None or words
    for word in words:
        at = trie.find(word)
        assert at is not None
        assert trie.pieces[at] == word
        assert set(trie.under(word)) == {i for i, piece in enumerate(trie.pieces) if piece.startswith(word)}
