"""Citations: exact, near, missing or not quoted, in many languages, against careless and hostile answers."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.citations import Citation, Verdict, describe_place, verify
from app.core.marks import Mark, MarkStyle
from app.core.prompt import PromptDocument, mark_documents
from ingest.document import Section, Span
from ingest.errors import SourceChanged

REPORT = (
    "The crane stopped at 09:14. Wind speed was -5 m/s, not 12.5. The pilot can't decide; the o\ufb03ce exam-\nple "
    'opens. He said "yes" [12] twice. Order 3125 stays. 10-20 tonnes hang there.'
)
DOCUMENTS = (
    PromptDocument("S1", "report.pdf", "pdf", (Section("p. 1", Span(page=1), REPORT),)),
    PromptDocument(
        "S2", "notes.md", "markdown", (Section("", Span(lines=(1, 2)), "Nothing.\nIts password is swordfish."),)
    ),
)

SENTENCES = {
    "English": "Nobody's signature may be missing on page 4.",
    "العربية": "يجب على كلّ سفينةٍ أن تُعلن اسمها وحمولتها قبل الدخول.",
    "Français": "L'équipage n'a qu'à attendre près de la fenêtre où dort le cœur.",
    "Deutsch": "Größere Frachter brauchen zwei Schlepper und müssen schriftlich bestätigt werden.",
    "हिन्दी": "बंदरगाह कार्यालय सुबह सात बजे खुलता है और शाम को बंद होता है।",
    "Bahasa Indonesia": "Setiap kapal yang masuk ke teluk wajib melaporkan nama dan muatannya.",
    "Italiano": "È il pilota che decide se il tempo permette la partenza, perché così dice l'articolo.",
    "Português": "É o piloto quem decide; não há exceções para embarcações maiores.",
    "Español": "¿Quién decide si el tiempo permite la salida? El práctico del puerto, mañana.",
    "Tagalog": "Ang bawat barko na papasok sa look ay dapat mag-ulat ng pangalan nito.",
    "ไทย": "เรือทุกลำที่เข้ามาในอ่าวต้องแจ้งชื่อและน้ำหนักสินค้าให้เจ้าหน้าที่ทราบ",
    "Tiếng Việt": "Mỗi con tàu vào vịnh phải khai báo tên, hàng hóa và số người trên tàu.",
}


def marks_of(documents: Sequence[PromptDocument], style: MarkStyle) -> list[Mark]:
    return [mark for part in mark_documents(documents, style) for mark in part.marks]


def check(
    answer: str, style: MarkStyle = "header", documents: Sequence[PromptDocument] = DOCUMENTS, refusal: str = ""
) -> Verdict:
    return verify(answer, style=style, marks=marks_of(documents, style), documents=documents, refusal=refusal)


def one(answer: str, style: MarkStyle = "header", documents: Sequence[PromptDocument] = DOCUMENTS) -> Citation:
    (citation,) = check(answer, style, documents).citations
    return citation


def in_one_document(text: str) -> tuple[PromptDocument, ...]:
    return (PromptDocument("S1", "source.txt", "text", (Section("", Span(lines=(1, 1 + text.count("\n"))), text),)),)


@pytest.mark.parametrize(
    "quote", ["The crane stopped at 09:14.", "crane stopped", "not 12.5", "-5 m/s", "3125", 'said "yes" [12]']
)
def test_words_as_they_stand_are_exact(quote: str) -> None:
    citation = one(f"“{quote}” [S1 p.1]")
    assert citation.state == "exact"
    assert citation.found is not None
    assert REPORT[citation.found.start : citation.found.end] == quote
    assert citation.found.span.page == 1


@pytest.mark.parametrize(
    "quote", ["the crane STOPPED", "office example\nopens", "the office example", "10–20 tonnes", "−5 m/s"]
)
def test_typography_alone_is_near(quote: str) -> None:
    assert one(f"“{quote}” [S1 p.1]").state == "near"


@pytest.mark.parametrize(
    "quote",
    [
        "5 m/s", "31", "not 12.", "125", "312", "not 12", "The pilot can", "rane stopped", "crane stoppe", "can decide",
        "Wind speed was 5 m/s", "The crane stopped at 09:15.", "The crane did not stop at 09:14.",
        "20 tonnes hang here",        "1020 tonnes", "The crane stopped at 09:14. Order 3125 stays.",
    ],
)  # fmt: skip
def test_other_words_are_missing(quote: str) -> None:
    citation = one(f"“{quote}” [S1 p.1]")
    assert (citation.state, citation.found) == ("missing", None)


def test_the_right_words_in_the_wrong_place_are_missing_and_say_where_they_stand() -> None:
    citation = one('"password is swordfish" [S1 p.1]')
    assert citation.state == "missing"
    assert citation.elsewhere is not None
    assert describe_place(citation.elsewhere, DOCUMENTS) == "notes.md, line 2"


def test_a_mark_that_the_prompt_never_held_names_nothing() -> None:
    citation = one('"The crane stopped" [S1 p.7]')
    assert (citation.state, citation.named) == ("missing", None)
    assert citation.elsewhere is not None


@pytest.mark.parametrize("mark", ["S1 p.1", "s1, page 1", "S1 pp. 1-3", "S1", "S1 P. 1"])
def test_marks_may_be_written_in_many_ways(mark: str) -> None:
    assert one(f'"The crane stopped" [{mark}]').state == "exact"


def test_a_line_inside_a_stretch_names_the_stretch() -> None:
    lines = "\n".join(f"line {i} holds value{i}" for i in range(1, 121))
    documents = (PromptDocument("S1", "app.log", "log", (Section("", Span(lines=(1, 120)), lines),)),)
    assert [m.name for m in marks_of(documents, "header")] == ["S1 L1", "S1 L41", "S1 L81"]
    assert one('"value57" [S1 L57]', documents=documents).state == "exact"
    assert one('"value57" [S1 L81]', documents=documents).state == "missing"
    assert one('"value40\nline 41" [S1 L40-L41]', documents=documents).state == "exact"
    found = one('"value57" [S1 L41]', documents=documents).found
    assert found is not None
    assert found.span.lines == (57, 57)


def test_each_mark_of_a_quote_is_checked_by_itself() -> None:
    assert [c.state for c in check('"The crane stopped" [S1 p.1; S2 L1]').citations] == ["exact", "missing"]


def test_an_elided_quote_is_its_parts_in_order_and_never_exact() -> None:
    assert one('"The crane … Wind speed" [S1 p.1]').state == "near"
    assert one('"Wind speed ... The crane" [S1 p.1]').state == "missing"
    assert one('"The crane … wind SPEED" [S1 p.1]').state == "near"
    assert one('"WIND speed … the CRANE" [S1 p.1]').state == "missing"


def test_claims_without_words_are_not_quoted() -> None:
    verdict = check('The fee rose by half last year. It said "crane stopped" [S1 p.1]. The brake holds [S1 p.1].')
    assert [(c.state, c.quote) for c in verdict.citations] == [
        ("not_quoted", "The fee rose by half last year."),
        ("exact", "crane stopped"),
        ("not_quoted", "The brake holds"),
    ]
    assert verdict.counts == {"exact": 1, "near": 0, "missing": 0, "not_quoted": 2}


@pytest.mark.parametrize("answer", ["", "Not in the sources.", " not in the sources. \n"])
def test_a_refusal_claims_nothing(answer: str) -> None:
    assert check(answer, "numbered", refusal="Not in the sources.").citations == ()


def test_marks_in_front_of_the_words() -> None:
    answer = "‹1› The crane stopped at 09:14. ‹99› its password is swordfish.\n‹8› Its password is swordfish."
    states = [(c.state, c.mark) for c in check(answer, "numbered").citations]
    assert states == [("exact", "1"), ("missing", "99"), ("exact", "8")]


def test_bracketed_numbers_of_the_source_are_part_of_the_quote() -> None:
    citation = one('‹4› He said "yes" [12] twice.', "numbered")
    assert (citation.state, citation.quote) == ("exact", 'He said "yes" [12] twice.')


def test_a_mark_without_words_quotes_nothing() -> None:
    states = [c.state for c in check("‹2› ‹1› The crane stopped at 09:14.", "numbered").citations]
    assert states == ["not_quoted", "exact"]


def test_several_numbers_in_one_mark() -> None:
    states = [c.state for c in check("‹1, 2› The crane stopped at 09:14.", "numbered").citations]
    assert states == ["exact", "missing"]


def test_the_answers_own_words_around_a_quote_are_claims() -> None:
    verdict = check("This is what I found. ‹1› The crane stopped at 09:14. That was early.", "numbered")
    assert [(c.state, c.quote) for c in verdict.citations] == [
        ("not_quoted", "This is what I found."),
        ("exact", "The crane stopped at 09:14."),
        ("not_quoted", "That was early."),
    ]


def test_a_false_beginning_is_not_passed_over_because_the_end_is_true() -> None:
    text = "In a storm the jib swings free: the brake must be open, so that\nthe jib turns with the wind."
    documents = in_one_document(text)
    assert one(f"‹1› {text}", "numbered", documents).state == "exact"
    false = text.replace("In a storm", "At the tip")
    citation = one(f"‹1› {false}", "numbered", documents)
    assert (citation.state, citation.quote) == ("missing", false)


def test_a_false_end_is_not_passed_over_because_the_beginning_is_true() -> None:
    citation = one("‹1› The crane stopped at 09:14 or later.", "numbered")
    assert (citation.state, citation.quote) == ("missing", "The crane stopped at 09:14 or later.")


def test_words_that_stand_often_before_the_named_place_are_still_found_there() -> None:
    documents = in_one_document("\n".join(["The brake holds."] * 1500))
    last = marks_of(documents, "numbered")[-1]
    citation = one(f"‹{last.name}› the BRAKE holds.", "numbered", documents)
    assert citation.state == "near"
    assert citation.found is not None
    assert (citation.found.start, citation.found.end) == (last.start, last.end)


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("style", ["header", "numbered"])
def test_twelve_languages(language: str, style: MarkStyle) -> None:
    sentence = SENTENCES[language]
    documents = in_one_document(sentence)
    name = marks_of(documents, style)[0].name

    def cite(quote: str) -> Citation:
        answer = f"“{quote}” [{name}]" if style == "header" else f"‹{name}› {quote}"
        # Of two sentences behind a mark the first may be the source's and the second the answer's own.
        return check(answer, style, documents).citations[-1]

    if len(marks_of(documents, style)) == 1:
        assert cite(sentence).state == "exact"
        changed = sentence.replace(" ", "\n", 1) if " " in sentence else unicodedata.normalize("NFKD", sentence)
        assert cite(changed).state == "near"
    words = sentence.split()
    if len(words) > 1:
        assert cite(" ".join([*words[:2], "xyz", *words[2:]])).state == "missing"
        assert cite(sentence.replace(words[-2], words[-2][:-1] + "ŋ")).state in ("missing", "not_quoted")
    else:
        assert cite(sentence[:10] + "ก" + sentence[10:]).state == "missing"


def test_unspaced_scripts_have_borders_between_letters_but_not_before_vowel_signs() -> None:
    documents = in_one_document(SENTENCES["ไทย"])
    assert one("“ต้องแจ้งชื่อ” [S1 L1]", documents=documents).state == "exact"
    assert one("“ต้องแจ้งช” [S1 L1]", documents=documents).state == "missing"
    hindi = in_one_document(SENTENCES["हिन्दी"])
    assert one("“सुबह सात” [S1 L1]", documents=hindi).state == "exact"
    assert one("“कार्यालय सुब” [S1 L1]", documents=hindi).state == "missing"


def test_tatweel_is_typography_and_vowel_signs_are_not() -> None:
    documents = in_one_document("يكتب كتاب")
    assert one("“كتـــاب” [S1 L1]", documents=documents).state == "near"
    assert one("“كِتاب” [S1 L1]", documents=documents).state == "missing"


LANGUAGES = (Path(__file__).parents[1] / "data" / "languages.txt").read_text(encoding="utf-8").replace('"', "'")
TEXT = LANGUAGES.replace("`", "'").translate(dict.fromkeys(map(ord, "“”„«»‘’"), "'"))


@given(st.randoms(use_true_random=False))
def test_any_words_of_the_source_are_exact_and_lead_back(rng: random.Random) -> None:
    documents = in_one_document(TEXT)
    words = list(re.finditer(r"\S+", TEXT))
    first = rng.randrange(len(words) - 12)
    last = first + rng.randrange(1, 12)
    quote = TEXT[words[first].start() : words[last].end()]
    if "..." in quote or quote[0] == "'" or sum(c.isalnum() for c in quote) < 2:
        return
    citation = one(f'"{quote}" [S1]', documents=documents)
    assert citation.state == "exact"
    assert citation.found is not None
    assert TEXT[citation.found.start : citation.found.end] == quote
    number = re.search(r"\d", quote)
    if number:
        other = quote[: number.start()] + str((int(number.group()) + 1) % 10) + quote[number.end() :]
        assert other in TEXT or one(f'"{other}" [S1]', documents=documents).state == "missing"
    spaced = re.sub(r"\s+", lambda m: rng.choice((" ", "\n", "  ", "\u00a0")), quote).upper()
    # A line that begins with > would be a block quote of its own.
    flows = not re.search(r"\n\s*>", spaced)
    if flows and spaced.casefold().split() == quote.casefold().split():
        assert one(f'"{spaced}" [S1]', documents=documents).state in ("near", "exact")


@pytest.mark.parametrize(
    "piece",
    ["[", '"', "[12]", "«", "> ", "> a\n", "“a” ", "[S1 p.1] ", '"crane" [S1 p.1] ', "'a ", "`", "((", "S1 p.1]",
     "\u20391\u203a ", "\u2039"],
)  # fmt: skip
@pytest.mark.parametrize("style", ["header", "numbered"])
def test_hostile_answers_are_checked_in_linear_time(piece: str, style: MarkStyle) -> None:
    # The time limit of each test would end a quadratic walk over this.
    check(piece * (300_000 // len(piece)), style)


@given(st.text(alphabet="‹›[]()S12pL.,;- \n\"'“”«»‘’>`…aé", max_size=80), st.sampled_from(["header", "numbered"]))
def test_whatever_an_answer_holds_offsets_stay_inside_it(answer: str, style: MarkStyle) -> None:
    for citation in check(answer, style).citations:
        assert 0 <= citation.start <= citation.end <= len(answer)
        assert (citation.found is not None) == (citation.state in ("exact", "near"))


class Changing:
    """Text of a file that has changed since it was read."""

    def read(self) -> str:
        raise SourceChanged("app.log has changed.")


def test_a_source_that_changed_holds_nothing() -> None:
    documents = (PromptDocument("S1", "app.log", "log", (Section("", Span(lines=(1, 1)), Changing()),)),)
    marks = [Mark("S1 L1", 0, 0, 0, 10)]
    verdict = verify('"first error" [S1 L1]', style="header", marks=marks, documents=documents)
    assert [c.state for c in verdict.citations] == ["missing"]
