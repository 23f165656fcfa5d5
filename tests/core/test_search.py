"""Evidence search: verbatim and in place, nothing read as an operator, every script, better than plain BM25."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import SearchError
from app.core.passages import split_passages
from app.core.prompt import PromptDocument
from app.core.query import parse, stop_words
from app.core.search import PassageIndex
from ingest.document import Kind, Place, Section, Span
from ingest.errors import SourceGone
from tests.benchmarks.ranking import measure
from tests.ranking_corpus import load_documents

KINDS: tuple[Kind, ...] = ("pdf", "code", "log", "markdown", "text", "html")
OPERATORS = [
    '"',
    '"""',
    "AND OR NOT",
    "NEAR(a b, 3)",
    "body:x",
    "a*",
    "(((",
    "-x",
    "^a",
    "{a b}:c",
    "a + b",
    "';--",
    "\\",
    "%_",
]


def document(text: str, kind: Kind = "text", name: str = "notes") -> PromptDocument:
    span = Span(lines=(1, text.count("\n") + 1))
    return PromptDocument("S1", name, kind, (Section(name, span, text),))


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[PassageIndex, Sequence[PromptDocument]]]:
    documents = [PromptDocument("S1", name, d.kind, d.sections) for name, d in load_documents().items()]
    with PassageIndex(documents) as index:
        yield index, documents


def test_passages_are_verbatim_and_led_back_to_their_lines(
    real: tuple[PassageIndex, Sequence[PromptDocument]],
) -> None:
    index, documents = real
    for question in ("How is a heap kept in order?", "with statement exit", "240", "uhr", "最も古い時計", "พิพิธภัณฑ์"):
        passages = index.search(question, 20)
        assert passages
        for p in passages:
            section = documents[p.document].sections[p.section]
            assert p.text == section.text[p.start : p.end]
            assert p.span == section.locate(p.start, p.end)
        assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["\n", "\n\n", "# A\n", "def f(x):\n", "    ", ":", ". ", "。", "- b\n", "x" * 700]),
            st.text(),
        ),
        max_size=40,
    ).map("".join),
    st.sampled_from(KINDS),
)
def test_every_non_blank_character_is_in_one_passage(text: str, kind: Kind) -> None:
    text = text.encode("utf-8", "ignore").decode("utf-8")
    done = 0
    for piece in split_passages(text, kind):
        assert done <= piece.start < piece.end
        assert not text[done : piece.start].strip()
        done = piece.end
    assert not text[done:].strip()


def test_passages_have_a_readers_size() -> None:
    log = "\n".join(f"12:00:{i:02} event {i}" for i in range(25))
    assert [log[p.start : p.end].count("\n") + 1 for p in split_passages(log, "log")] == [10, 10, 5]
    code = "\n\n".join(f"def f{i}():\n" + "    a = 1\n" * 9 + "    return a" for i in range(3))
    assert [code[p.start : p.end].split("(")[0] for p in split_passages(code, "code")] == ["def f0", "def f1", "def f2"]
    prose = "\n\n".join("One sentence of some length stands here. " * 6 for _ in range(3))
    assert len(list(split_passages(prose, "text"))) == 3
    listed = "Intro sentence one. Two. Three.\n\nThe parts are:\n\n- a bolt\n- a nut"
    assert listed[list(split_passages(listed, "text"))[-1].start :].startswith("The parts are:")


def test_a_passage_knows_what_it_stands_under() -> None:
    text = "# Pumps\n\n" + "A pump moves water. " * 30 + "\n\n# Valves\n\n" + "It stops water. " * 30
    headings = [p.heading for p in split_passages(text, "markdown")]
    assert headings[0] == "Pumps" and headings[-1] == "Valves"
    code = "class Crane:\n" + "".join(f"\n    def f{i}(self):\n" + "        pass\n" * 8 for i in range(3))
    assert [p.heading for p in split_passages(code, "code")][-1] == "class Crane:"


@pytest.mark.parametrize("question", OPERATORS)
def test_operators_are_plain_text(question: str) -> None:
    with PassageIndex([document(f"Before {question} after a hoist.\n\n" + "Something else. " * 40)]) as index:
        found = index.search(f"hoist {question}")
        assert found and "hoist" in found[0].text
        index.search(question)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_question_is_answered_or_not_but_never_fails(
    real: tuple[PassageIndex, Sequence[PromptDocument]], question: str
) -> None:
    assert len(real[0].search(question, 3)) <= 3


@pytest.mark.parametrize("question", ["", "   ", "?!", "🙂", "\ud800", "\0"])
def test_a_question_without_words_finds_nothing(question: str) -> None:
    with PassageIndex([document("A hoist 🙂 is here.")]) as index:
        assert index.search(question) == []


def test_nothing_to_search_finds_nothing() -> None:
    with PassageIndex([]) as index:
        assert index.search("hoist") == []
    with PassageIndex([document("A hoist.")]) as index:
        assert index.search("hoist", limit=0) == []
        assert index.search("zeppelin") == []


def test_a_very_long_question_is_searched_by_its_beginning() -> None:
    with PassageIndex([document("The hoist lifts.")]) as index:
        assert index.search("hoist " + " ".join(f"w{i}" for i in range(50_000)))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ใครซ่อมเครน", "ช่างชื่อสมชายซ่อมเครนเมื่อวันจันทร์"),
        ("谁修理了起重机？", "起重机由王工修理。"),
        ("クレーンは誰が修理しましたか", "クレーンは田中さんが修理した。"),
        ("من أصلح الرافعة؟", "أصلح المهندس سالمٌ رافعةً قديمة."),
        ("क्रेन किसने ठीक की?", "रमेश ने क्रेन ठीक की।"),
        ("Wer hat die Kräne repariert?", "Der Kran wurde von Anna repariert, die alle Kräne kennt."),
    ],
)
def test_scripts_and_inflections(question: str, expected: str) -> None:
    others = [
        "Nothing to see here.",
        "ห้องสมุดเปิดทุกวัน",
        "图书馆每天开放。",
        "図書館は毎日開く。",
        "المكتبة مفتوحة كل يوم.",
        "पुस्तकालय खुला है।",
    ]
    with PassageIndex([document(text, name=f"d{i}") for i, text in enumerate([*others, expected])]) as index:
        assert index.search(question)[0].text == expected


def test_pieces_of_identifiers_are_found() -> None:
    files = ["def load_state_of_hoist(): pass", "class TrolleyBrakeController: pass", "x = brake", "y = state"]
    with PassageIndex([document(text, "code", f"f{i}.py") for i, text in enumerate(files)]) as index:
        assert index.search("What does brakeController do?")[0].text == files[1]
        assert index.search("state_of_hoist")[0].text == files[0]
        assert index.search("trolley")[0].text == files[1]


def test_numbers_are_exact() -> None:
    texts = [
        "Section 4.2 names the load.",
        "Section 14.25 names the load.",
        "Section 4.21 names the load.",
        "On 2026-03-01 it fell.",
    ]
    with PassageIndex([document(text, name=f"n{i}") for i, text in enumerate(texts)]) as index:
        assert index.search("What load does section 4.2 name?")[0].text == texts[0]
        assert index.search("2026-03-01")[0].text == texts[3]


def test_a_page_leads_to_its_rectangles() -> None:
    text = "The upper hoist.\n\nThe lower hoist has a brake."
    places = (Place(0, 16, (0, 0, 10, 10)), Place(18, len(text), (0, 20, 10, 30)))
    section = Section("page 7", Span(page=7), text, places)
    with PassageIndex([PromptDocument("S1", "a.pdf", "pdf", (section,))]) as index:
        (passage,) = index.search("brake")
        assert passage.span == section.locate(passage.start, passage.end)
        assert passage.span.page == 7 and passage.span.rects[-1] == (0, 20, 10, 30)


class Gone:
    def read(self) -> str:
        raise SourceGone("x.log is gone.")


def test_a_log_that_has_gone_does_not_stop_the_search() -> None:
    gone = PromptDocument("S1", "x.log", "log", (Section("lines 1 to 9", Span(lines=(1, 9), bytes=(0, 9)), Gone()),))
    with PassageIndex([gone, document("A hoist.")]) as index:
        assert index.unread == ["x.log is gone."]
        assert [p.document for p in index.search("hoist")] == [1]


def test_many_documents_are_searched() -> None:
    words = random.Random(3)
    documents = [document(f"file {i} about {words.randrange(10**9)}", name=f"f{i}") for i in range(10_000)]
    done: list[tuple[int, int]] = []
    with PassageIndex(documents, on_progress=lambda a, b: done.append((a, b))) as index:
        assert len(index) == 10_000
        assert index.search("file 7341")[0].document == 7341
    assert done[-1] == (10_000, 10_000)


def test_nothing_is_left_behind_and_no_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with PassageIndex([document("A hoist.")]):
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(SearchError, match=r"There is no room .*\.$"):
        PassageIndex([document("A hoist.")])


def test_stop_words_are_there_for_every_language() -> None:
    assert set(stop_words()) == {"ar", "de", "en", "es", "fr", "hi", "id", "it", "pt", "th", "tl", "vi"}
    assert all(len(words) > 30 for words in stop_words().values())
    assert parse("What is the load of the crane?").terms == ("load", "crane")
    assert parse("Wie hoch ist die Last?").terms == ("hoch", "last")
    assert parse("what is it").terms == ("what", "is", "it")


def test_ranking_is_better_than_plain_bm25() -> None:
    results = measure()
    assert len(results) >= 100
    assert fmean(ours for _, ours, _ in results) > fmean(theirs for _, _, theirs in results)
