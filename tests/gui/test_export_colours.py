"""The style sheets of exported sessions use the window's own colours, and every pair of them can be read."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.core.contrast import contrast
from app.core.selfcheck.colours import Theme, palette
from app.ui.theme.tokens import THEMES, Tokens

EXPORT = Path(__file__).resolve().parents[2] / "resources" / "export"
NAMES = {"second": "text2", "third": "text3"}
PAIRS = (
    ("text", "window"),
    ("text", "surface"),
    ("second", "surface"),
    ("third", "window"),
    ("third", "surface"),
    ("ok", "ok_soft"),
    ("warn", "warn_soft"),
    ("ok", "surface"),
    ("warn", "surface"),
    ("bad", "surface"),
    ("text", "mark"),
)


def colours(part: str) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in re.findall(r"--([a-z-]+): (#[0-9A-F]{6})", part)}


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_page_has_the_colours_of_its_theme(name: str) -> None:
    light, dark = (EXPORT / "session.css").read_text("utf-8").split("@media (prefers-color-scheme: dark)")
    used = colours(light if name == "light" else dark)
    (tokens,) = (t for t in THEMES.values() if t.name == name)
    assert used == {key: getattr(tokens, NAMES.get(key, key)) for key in used}
    assert not [pair for pair in PAIRS if contrast(used[pair[0]], used[pair[1]]) < 4.5]


def test_the_pdf_has_the_light_colours() -> None:
    (light,) = (t for t in THEMES.values() if t.name == "light")
    known = {str(getattr(light, field)) for field in Tokens.__dataclass_fields__}
    assert set(re.findall(r"#[0-9A-F]{6}", (EXPORT / "print.css").read_text("utf-8"))) <= known


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_heat_maps_have_the_colours_of_the_window(theme: Theme) -> None:
    mine, window = palette(theme), THEMES[theme]
    assert {f.name: getattr(mine, f.name) for f in fields(mine)} == {
        f.name: getattr(window, f.name) for f in fields(mine)
    }
