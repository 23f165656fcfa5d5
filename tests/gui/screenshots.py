"""Pictures of the window in every state, from real files and the bundled model.

    uv run python -m tests.gui.screenshots FOLDER [--only NAME ...] [--readme PICTURE.png]

Each state in light, dark and high contrast at 1440x900; some at other sizes, at 200 per cent, with texts as long as
German ones, and with documents that run from right to left. Prints the files. A person has to look at them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication, QWidget

from app.services.constants_guard import protect_constants
from app.services.lane import let_window_go_first
from app.ui.theme.style import Theme, set_up_fonts
from app.ui.theme.tokens import ThemeName
from tests.running import ROOT

POINTS = 10.0
SIZE = (1440, 900)
README_SIZE = (1280, 800)
THEMES: tuple[ThemeName, ...] = ("light", "dark", "high_contrast")
SIZES = ((1920, 1080), (1280, 800), (1000, 700), (800, 560))


class Camera:
    """Takes pictures of a window into `folder`. taken: the files, in order."""

    def __init__(self, folder: Path, theme: Theme, *, suffix: str = "", themes: Sequence[ThemeName] = THEMES) -> None:
        """suffix: to every file's name."""
        self._folder, self._theme, self._suffix = folder, theme, suffix
        self._themes = themes
        self.taken: list[Path] = []

    def shoot(self, name: str, widget: QWidget) -> None:
        """`widget` as it stands now in every theme; the light one stays."""
        for theme in self._themes:
            self._theme.choose(theme)
            self._save(f"{name}-{theme.replace('_', '-')}{self._suffix}", widget)
        self._theme.choose("light")

    def shoot_sizes(self, name: str, window: QWidget, *, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
        """The light window at other sizes."""
        before = window.size()
        for width, height in sizes:
            window.resize(width, height)
            self._save(f"{name}-light-{width}x{height}{self._suffix}", window)
        window.resize(before)
        _pass_events()

    def _save(self, name: str, widget: QWidget) -> None:
        _pass_events()
        path = self._folder / f"{name}.png"
        if not widget.grab().save(str(path)):
            raise OSError(f"{path} could not be written")
        self.taken.append(path)


class LongWords(QTranslator):
    """Makes every text of the program a third longer, as German does, by doubling vowels outside of {braces}."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str:
        """The text, longer."""
        wanted = round(len(source) * 1.3)
        result: list[str] = []
        spare, inside = wanted - len(source), False
        for character in source:
            inside = character == "{" or (inside and character != "}")
            double = spare > 0 and not inside and character in "aeiou"
            result.append(character * 2 if double else character)
            spare -= double
        return "".join(result)

    def isEmpty(self) -> bool:  # noqa: N802
        """There is something in it."""
        return False


def start() -> tuple[QApplication, Theme]:
    """The program's application with a font of ten points, whatever the machine's own is."""
    protect_constants()
    let_window_go_first()
    application = QApplication.instance() or QApplication(["plumbline"])
    assert isinstance(application, QApplication)
    font = application.font()
    font.setPointSizeF(POINTS)
    application.setFont(font)
    set_up_fonts(application)
    theme = Theme(application, name="light")
    theme.apply()
    return application, theme


def main(arguments: Sequence[str]) -> int:
    """Take the pictures and print their names."""
    from tests.gui.scenes import SCENES, for_readme

    parser = argparse.ArgumentParser(prog="tests.gui.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", nargs="*", choices=sorted(SCENES), help="these scenes alone")
    parser.add_argument("--readme", type=Path, help="write the README's picture here and nothing else")
    parser.add_argument("--long-words", action="store_true", help="texts a third longer")
    parser.add_argument("--suffix", default="", help="to every file's name")
    asked = parser.parse_args(arguments)
    if asked.folder is None and asked.readme is None:
        parser.error("a folder is needed")
    application, theme = start()
    if asked.long_words:
        longer = LongWords(application)
        application.installTranslator(longer)
    with tempfile.TemporaryDirectory() as data:
        os.environ["PLUMBLINE_DATA"] = data
        if asked.readme is not None:
            if not for_readme(theme, README_SIZE, Path(data) / "readme").save(str(asked.readme)):
                raise OSError(f"{asked.readme} could not be written")
            print(asked.readme)
            return 0
        asked.folder.mkdir(parents=True, exist_ok=True)
        plain = not asked.suffix
        camera = Camera(asked.folder, theme, suffix=asked.suffix, themes=THEMES if plain else ("light", "dark"))
        for name in asked.only or SCENES:
            SCENES[name](theme, camera, Path(data) / name)
    for path in camera.taken:
        print(path, flush=True)
    return 0 if not plain or asked.only else _variants(asked.folder)


def _variants(folder: Path) -> int:
    """What only a process of its own can show: another scale, other words."""
    module = [sys.executable, "-m", "tests.gui.screenshots", str(folder)]
    some = ["--only", "start", "answered", "over", "dialogs"]
    twice = {**os.environ, "QT_SCALE_FACTOR": "2"}
    codes = [
        subprocess.run([*module, *some, "--suffix=-200"], cwd=ROOT, env=twice).returncode,
        subprocess.run([*module, *some, "--suffix=-long-words", "--long-words"], cwd=ROOT).returncode,
    ]
    return max(codes)


def _pass_events() -> None:
    for _ in range(3):
        QApplication.processEvents()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main(sys.argv[1:]))
