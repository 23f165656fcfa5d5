"""The fast tokeniser gives llama.cpp's own tokens, or is not offered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import long_text
from engine.errors import Cancelled
from engine.gguf_file import read_gguf
from engine.pretokenizers import PRE_TOKENIZERS
from engine.tokenizer import JUDGE_SAMPLE, BpeTokenizer, build, differences
from resources.pocket.gguf_writer import Vocabulary
from tests.bpe_trainer import train
from tests.engine.vocabularies import KINDS, Tokenize, llama, own, trained, write
from tests.make_gguf import LANGUAGES, write_random
from tests.revealing import write_vocabulary

FAMILIES = ("llama4", "llama-bpe", "smaug-bpe", "qwen2", "qwen35", "tekken", "gpt-2")
"""One name of each family of pre-tokenizers."""

LETTERS_AND_SIGNS = (
    "aAbZstmdSTM'\" \t\n\r/.,-_0917\x0b\x1c\x00éßſİıǅʰàạ้ำกिेअعًّ٣२½²一あ한€≤’\u00a0\u2003\u3000\u200d\x85\U000e0001\ue000"
)
NEWER = "\u0378\u1c89\U00016d40"
TRICKY = st.sampled_from([*LETTERS_AND_SIGNS, *NEWER, "'re", "'LL", "\r\n", "   ", "\n\n", "👨‍👩‍👧", "🇩🇪", "<|eot|>"])
TEXTS = st.one_of(st.lists(TRICKY, max_size=40).map("".join), st.text(st.characters(exclude_categories=["Cs"])))

Pair = tuple[BpeTokenizer, Tokenize]


@pytest.fixture(scope="session")
def vocabulary_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    folder = tmp_path_factory.mktemp("vocabularies")

    @cache
    def file(kind: str, pre: str) -> Path:
        return write(folder / f"{kind}-{pre}.gguf", kind, pre)

    return file


@pytest.fixture(scope="session", params=FAMILIES)
def revealing(request: pytest.FixtureRequest, vocabulary_file: Callable[[str, str], Path]) -> Pair:
    path = vocabulary_file("revealing", request.param)
    return own(path), llama(path)


@pytest.fixture(scope="session")
def llama4(vocabulary_file: Callable[[str, str], Path]) -> Pair:
    path = vocabulary_file("trained", "llama4")
    return own(path), llama(path)


def test_every_name_belongs_to_a_tested_family() -> None:
    assert set(PRE_TOKENIZERS.values()) == {PRE_TOKENIZERS[name] for name in FAMILIES}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pre", FAMILIES)
def test_the_judge_finds_no_difference(vocabulary_file: Callable[[str, str], Path], pre: str, kind: str) -> None:
    path = vocabulary_file(kind, pre)
    mine, theirs = own(path), llama(path)
    texts = [*JUDGE_SAMPLE, *LANGUAGES.read_text(encoding="utf-8").split("\n# ")]
    assert differences([mine.encode(t) for t in texts], [theirs(t) for t in texts]) == []
    assert mine.count_many(texts) == [len(theirs(t)) for t in texts]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_random_text(revealing: Pair, text: str) -> None:
    mine, theirs = revealing
    assert mine.encode(text) == theirs(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_random_text_with_a_trained_vocabulary(llama4: Pair, text: str) -> None:
    mine, theirs = llama4
    assert mine.encode(text) == theirs(text)
    assert mine.count(text) == len(theirs(text))


def contexts(code_point: int) -> str:
    """A character between letters, digits, spaces and line ends."""
    frames = ("a{}b", "A{}B", "1{}2", "  {}", "{}{}", "{}'s", "\n{}\n", ".{}.", "{} {}", "'{}e")
    return "\n\na".join(frame.replace("{}", chr(code_point)) for frame in frames)


def differing(pair: Pair, code_points: Sequence[int]) -> list[str]:
    mine, theirs = pair
    found = []
    for start in range(0, len(code_points), 256):
        batch = code_points[start : start + 256]
        text = "\n\na".join(map(contexts, batch))
        if mine.encode(text) != theirs(text):
            found += [f"U+{c:04X}" for c in batch if mine.encode(contexts(c)) != theirs(contexts(c))]
    return found


def test_code_points_of_all_blocks(revealing: Pair) -> None:
    assigned = (c for c in range(0x32400) if c % 61 == 0 and not 0xD800 <= c < 0xE000)
    # Where Unicode 16 brought new letters and digits, llama.cpp's tables (15.1) have none.
    newer = (
        c for c in (*range(0x1C80, 0x1C90), *range(0xA7CB, 0xA7DD), *range(0x105C0, 0x106A0), *range(0x11BC0, 0x11C00))
    )
    assert differing(revealing, [*assigned, *newer, *range(0x80, 0x180)]) == []


@pytest.mark.long
def test_every_code_point(revealing: Pair) -> None:
    """All of those that are assigned; of the empty planes every 97th."""
    tested = (*range(0xD800), *range(0xE000, 0x32400), *range(0x32400, 0x110000, 97), *range(0xE0000, 0xE0200))
    assert differing(revealing, tested) == []


def test_the_judge_notices_a_wrong_pattern(llama4: Pair) -> None:
    mine, theirs = llama4
    right = [theirs(text) for text in JUDGE_SAMPLE]
    published = (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    others = [replace(PRE_TOKENIZERS["llama4"], pattern=published), *(PRE_TOKENIZERS[n] for n in ("qwen2", "gpt-2"))]
    for wrong in others:
        tokenizer = BpeTokenizer(mine._ranks, mine._ids, pre_tokenizer=wrong)
        assert differences([tokenizer.encode(text) for text in JUDGE_SAMPLE], right)


def test_differences_counts_missing_lists() -> None:
    assert differences([[1], [2, 3]], [[1], [2, 4], [5]]) == [1, 2]


def test_control_tokens_in_a_document_stay_text(llama4: Pair, tmp_path: Path) -> None:
    mine, theirs = llama4
    tokens = trained("llama4").tokens
    encoded = mine.encode("a<|eot|>b<|begin_of_text|>")
    assert encoded == theirs("a<|eot|>b<|begin_of_text|>")
    assert not any(tokens[i].startswith("<|") for i in encoded)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["<tool_call>", "</tool_call>", "call>", "<tool_", " ", "x", "\n", ">", "<", "/"])).map(
        "".join
    )
)
def test_user_defined_tokens_are_always_found(llama4: Pair, text: str) -> None:
    mine, theirs = llama4
    assert mine.encode(text) == theirs(text)


def test_ids_are_no_ranks(llama4: Pair) -> None:
    tokens = trained("llama4").tokens
    assert "".join(tokens[i] for i in llama4[0].encode("the harbour")) == "theĠharbour"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), pre=st.sampled_from(["llama4", "llama-bpe"]))
def test_any_list_of_merges(tmp_path: Path, data: st.DataObject, pre: str) -> None:
    """Merges in any order, tokens made in several ways, parts made late or never: equal tokens, or None."""
    known = ["a", "b", "c"]
    merges: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(1, 14))):
        pair = (data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known)))
        if pair not in merges and len("".join(pair)) < 9:
            merges.append(pair)
            known += [] if "".join(pair) in known else ["".join(pair)]
    shuffled = data.draw(st.one_of(st.just(merges), st.permutations(merges)))
    base = train("", size=300, pre=pre)
    vocabulary = replace(
        base, tokens=[*base.tokens, *known[3:]], kinds=[*base.kinds, *[1] * len(known[3:])], merges=shuffled
    )
    path = write_vocabulary(tmp_path / "vocabulary.gguf", vocabulary)
    mine = build(read_gguf(path))
    if mine is None:
        return
    theirs = llama(path)
    chosen = random.Random(data.draw(st.integers(0, 1000)))
    for text in [*known, *("".join(chosen.choices("abc", k=n)) for n in (5, 9, 14, 30, 60, 150, 700))]:
        assert mine.encode(text) == theirs(text)


def test_most_lists_of_merges_are_taken() -> None:
    """`build` would pass the test above if it always gave up."""
    from engine.bpe_merges import analyse

    taken = analyse(["a b", "b c", "ab c", "a bc", "abc abc"])
    assert taken is not None
    assert taken.texts[256:] == ["ab", "bc", "abc", "abcabc"]
    assert not taken.unreachable


def test_merges_that_lead_elsewhere() -> None:
    from engine.bpe_merges import analyse

    # "abc" becomes a+bc, whose pair is not in the list; "xy" before it stands twice, apart.
    found = analyse(["b c", "a b", "ab c"])
    assert found is not None
    assert {found.texts[rank] for rank in found.unreachable} == {"abc"}
    assert not found.never_joined
    assert analyse(["a b", "ab c", "b c", "a bc"]) is None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(TRICKY, st.sampled_from([" " * 9, "\n" * 9, "\t \n\r\n   ", " \u3000\u2003" * 5, "ab "]))).map(
        "".join
    )
)
def test_cuts_in_long_text_change_nothing(revealing: Pair, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    mine, theirs = revealing
    monkeypatch.setattr(long_text, "CHUNK", 12)
    monkeypatch.setattr(long_text, "WHITE_LIMIT", 5)
    assert "".join(p.text for p in long_text.parts(text, newlines_end_pieces=True)) == text
    assert mine.encode(text) == theirs(text)


def test_megabytes_of_white_space(vocabulary_file: Callable[[str, str], Path]) -> None:
    """tiktoken alone ends in a panic here, and llama.cpp's own way for llama4 in a crash; for gpt-2 it can be asked."""
    path = vocabulary_file("trained", "gpt-2")
    mine, theirs = own(path), llama(path)
    white = " " * 1_200_000
    assert mine.encode(f"x a\n{white}b") == theirs(f"x a\n{white}b")
    count = own(vocabulary_file("trained", "llama4")).count
    pieces = ("a", ".\n", white + "\n", white[1:], " b")
    assert count(f"a.\n{white}\n{white}b") == sum(map(count, pieces))


def test_counting_many_in_threads(llama4: Pair) -> None:
    mine, theirs = llama4
    texts = [text * 300 for text in JUDGE_SAMPLE] + ["", "x"]
    counts = mine.count_many(texts, threads=1)
    assert counts == mine.count_many(texts, threads=4) == [mine.count(text) for text in texts]
    assert counts[0] == len(theirs(texts[0]))
    assert counts[-2:] == [0, 1]


def test_counting_stops_on_request(llama4: Pair) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    text = "some words " * 500_000
    with pytest.raises(Cancelled):
        llama4[0].count_many([text] * 20, threads=2, stop=stop)
    # A text of five parts asks five times when nothing stops it, each of the other texts only once when something did.
    assert asked < 40


def changed(path: Path, vocabulary: Vocabulary, **metadata: str) -> BpeTokenizer | None:
    write_vocabulary(path, vocabulary)
    if metadata:
        write_random(path, architecture="llama", vocabulary=vocabulary, extra_metadata=dict(metadata))
    return build(read_gguf(path))


def test_not_offered_where_equality_is_not_known(tmp_path: Path) -> None:
    good = trained("llama4")
    path = tmp_path / "vocabulary.gguf"
    kinds = list(good.kinds)
    kinds[good.tokens.index("<|end_of_text|>")] = int(gguf.TokenType.USER_DEFINED)
    assert changed(path, good) is not None
    assert changed(path, replace(good, pre="superbpe")) is None
    assert changed(path, replace(good, kinds=kinds)) is None
    assert changed(path, replace(good, merges=[*good.merges, ("z", "Q")])) is None
    assert changed(path, replace(good, tokens=["no byte" if t == "Ā" else t for t in good.tokens])) is None
    assert changed(path, replace(good, tokens=["<|message|>" if t == "<|eom|>" else t for t in good.tokens])) is None
    assert changed(path, replace(good, tokens=[*good.tokens[:-1], good.tokens[0]])) is None
    assert changed(path, good, **{"general.name": "Phi-3 mini"}) is None
    assert changed(path, good, **{"tokenizer.ggml.model": "llama"}) is None
