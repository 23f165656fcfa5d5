"""The command that takes pictures of the window reaches its states and takes pictures of something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtGui import QImage

from app.ui.theme.style import Theme
from tests.gui import papers
from tests.gui.screenshots import Camera
from tests.gui.stage import stage


def test_pictures_are_taken_of_an_empty_window_and_of_one_with_sources(theme: Theme, tmp_path: Path) -> None:
    camera = Camera(tmp_path, theme, themes=("light", "dark"))
    with stage(theme, size=(1000, 700)) as on:
        on.settle()
        camera.shoot("empty", on.window)
        on.add(papers.right_to_left(tmp_path / "sources"))
        camera.shoot("added", on.window)
    names = ["empty-light.png", "empty-dark.png", "added-light.png", "added-dark.png"]
    assert [path.name for path in camera.taken] == names
    pictures = {path.stem: QImage(str(path)) for path in camera.taken}
    for picture in pictures.values():
        assert (picture.width(), picture.height()) == (1000, 700)
        colours = Counter(picture.pixel(x, y) for x in range(0, 1000, 3) for y in range(0, 700, 3))
        assert len(colours) > 100
        assert colours.most_common(1)[0][1] < 0.9 * colours.total()
    assert pictures["empty-light"] != pictures["added-light"]
    assert (
        pictures["empty-light"].pixelColor(500, 690).lightness()
        > pictures["empty-dark"].pixelColor(500, 690).lightness()
    )
