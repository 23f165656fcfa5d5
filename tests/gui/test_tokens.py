"""Every allowed pair of colours can be read, in every theme; no colour stands outside tokens.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.contrast import contrast
from app.ui.theme.style import style_sheet
from app.ui.theme.tokens import SIGN_PAIRS, TEXT_PAIRS, THEMES, Tokens, label_on

ROOT = Path(__file__).resolve().parents[2]


def test_the_formula_gives_the_known_ends() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", THEMES.values(), ids=lambda t: t.name)
def test_text_reaches_wcag_aa(tokens: Tokens) -> None:
    ratios = {(a, b): contrast(getattr(tokens, a), getattr(tokens, b)) for a, b in TEXT_PAIRS}
    assert not {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5}
    assert not [field for field in (*tokens.sources, *tokens.heat) if contrast(label_on(tokens, field), field) < 4.5]


@pytest.mark.parametrize("tokens", THEMES.values(), ids=lambda t: t.name)
def test_signs_and_borders_can_be_seen(tokens: Tokens) -> None:
    assert not [(a, b) for a, b in SIGN_PAIRS if contrast(getattr(tokens, a), getattr(tokens, b)) < 3]
    assert not [field for field in tokens.sources if contrast(field, tokens.surface) < 3]


def test_no_colour_stands_outside_the_tokens() -> None:
    colour = re.compile(r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b")
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "resources" / "theme").glob("*.qss")]
    found = [f for f in files if f.name != "tokens.py" and colour.search(f.read_text("utf-8"))]
    assert not found


@pytest.mark.parametrize("tokens", THEMES.values(), ids=lambda t: t.name)
def test_the_style_sheet_names_only_tokens(tokens: Tokens) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert tokens.accent in sheet
