"""Text that cannot be what its pages show is told from any that can, in every language and of every kind."""

from __future__ import annotations

import random
import string

import pytest

from ingest.plausible import unknown_share, why_unreliable
from tests.ingest.test_languages import samples

LETTERS = string.ascii_lowercase


def substituted(text: str, seed: int) -> str:
    """`text` as a PDF gives it whose map of characters is shuffled."""
    others = list(LETTERS)
    random.Random(seed).shuffle(others)
    table = str.maketrans(LETTERS + LETTERS.upper(), "".join(others) + "".join(others).upper())
    return text.translate(table)


@pytest.mark.parametrize("title", sorted(samples()))
def test_nothing_that_is_real_is_flagged(title: str) -> None:
    text = samples()[title]
    assert why_unreliable([text]) is None
    assert why_unreliable([text] * 3) is None
    assert why_unreliable([text.upper()]) is None


@pytest.mark.parametrize("title", ["English", "Deutsch", "Français", "Bahasa Indonesia", "Italiano"])
def test_shuffled_letters_are_nonsense(title: str) -> None:
    text = samples()[title]
    flagged = [why_unreliable([substituted(text, seed)] * 2) for seed in range(20)]
    assert sum(said is not None for said in flagged) >= 18
    assert all(said is None or "make no words" in said for said in flagged)


def test_codes_of_glyphs_taken_for_letters_are_nonsense() -> None:
    text = samples()["English"]
    shifted = "".join(chr(ord(c) - 29) if 61 <= ord(c) < 127 else c for c in text)
    assert why_unreliable([shifted] * 2)


def some(seed: int) -> random.Random:
    return random.Random(seed)


NOT_WORDS = {
    "figures": " ".join(f"{some(1).uniform(0, 9999):,.2f} {n}" for n in range(600)),
    "currencies": "\n".join(f"{c} {n / 7:.4f}" for n in range(90) for c in "USD EUR GBP JPY CHF CZK".split()),
    "formulas": "f(x) = ∑ aᵢ xⁱ, ∀ ε > 0 ∃ δ > 0: |x − y| < δ ⇒ |f(x) − f(y)| < ε; sin² x + cos² x = 1\n" * 20,
    "protein": " ".join("".join(some(n).choices("ARNDCQEGHILKMFPSTWYV", k=10)) for n in range(300)),
    "dna": " ".join("".join(some(n).choices("ACGT", k=10)) for n in range(300)),
    "codes": " ".join("".join(some(n).choices(string.ascii_uppercase, k=4)) for n in range(500)),
    "keys": "\n".join("".join(some(n).choices(string.ascii_letters + string.digits + "+/", k=64)) for n in range(60)),
    "assembly": "mov %rax,%rbx\nxor %ecx,%ecx\njmp 4010f0 <main>\nlea 0x8(%rsp),%rdi\ncall exit\ntest %al,%al\n" * 9,
    "chinese": "港务局早上七点开门，下午五点半关门。每艘进入海湾的船只都必须申报船名、货物和船上人数。" * 20,
    "japanese": "港湾事務所は午前七時に開き、午後五時半に閉まります。湾に入るすべての船は届け出なければならない。" * 20,
    "korean": "항만 사무소는 오전 일곱 시에 열고 오후 다섯 시 반에 닫는다. 만에 들어오는 모든 배는 신고해야 한다." * 20,
    "russian": "Портовая контора открывается в семь утра и закрывается в половине шестого вечера. " * 20,
    "greek": "Το λιμεναρχείο ανοίγει στις επτά το πρωί και κλείνει στις πέντε και μισή το απόγευμα. " * 20,
    "polish": "Kapitanat portu otwiera się o siódmej rano i zamyka o wpół do szóstej; źdźbło trawy szeleści. " * 9,
    "welsh": "Mae swyddfa'r harbwr yn agor am saith y bore ac yn cau am hanner awr wedi pump y prynhawn. " * 9,
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(NOT_WORDS))
def test_what_is_no_latin_prose_is_not_taken_for_nonsense(kind: str) -> None:
    assert why_unreliable([NOT_WORDS[kind]]) is None


@pytest.mark.parametrize("unknown", ["\ufffd", "\ue123", "\U000f1234"])
def test_glyphs_without_meaning_count_where_they_make_up_words(unknown: str) -> None:
    broken = " ".join(unknown * len(word) for word in "three words here".split())
    assert unknown_share([broken]) == 1.0
    said = why_unreliable([broken, "readable"])
    assert said
    assert said.startswith("About 64% of its characters have no known meaning")
    bullets = "\n".join(f"{unknown} an item" for _ in range(4)) + f"\n{unknown} {unknown} {unknown}" * 30
    assert unknown_share([bullets]) == 0.0
    assert why_unreliable([bullets]) is None
    assert why_unreliable([samples()["English"] + f" o{unknown}ce"]) is None
