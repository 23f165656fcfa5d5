"""Whether a window can be opened is known before Qt is asked."""

from __future__ import annotations

import sys

import pytest

from app.core import screen

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these have a screen")


@pytest.mark.parametrize(
    ("platform", "wayland", "display", "says"),
    [
        ("", "", "", "There is no screen."),
        ("offscreen", "", "", ""),
        ("", "wayland-0", "", ""),
        ("wayland;xcb", "wayland-0", ":0", ""),
    ],
)
def test_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, platform: str, wayland: str, display: str, says: str
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
    monkeypatch.setenv("DISPLAY", display)
    assert screen.why_no_window() == says


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("QT_QPA_PLATFORM", ""), ("WAYLAND_DISPLAY", ""), ("DISPLAY", ":0")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(screen, "_NEEDED", {"libc.so.6": "libc6", "libplumbline-none.so.1": "libplumbline-none1"})
    assert screen.why_no_window().endswith("sudo apt-get install libplumbline-none1.")
