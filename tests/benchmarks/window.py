"""How quick the window is, each figure beside its target.

    uv run python -m tests.benchmarks.window [PART ...]

Parts: start, ingest, stream, toggle, list, pages, session. Everything is real: the program, files, PDFs, the session
file, the bundled model's vocabulary; the tokens of an answer alone come at a steady 200 a second from a thread.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.core.answering import Settings
from app.core.exchanges import Exchange
from app.core.ledger import DocumentTokens
from app.core.sessions import Store
from app.core.workspace import Workspace
from app.services.lane import Call
from app.services.tidying import Tidying
from app.ui.theme.style import Theme
from app.ui.viewer.evidence import Evidence
from ingest.document import Document, Section, Span
from tests.benchmarks.sessions import TURNS, long_conversation
from tests.gui.screenshots import start as application
from tests.gui.stage import Stage
from tests.ingest.pdfs import write_pdf
from tests.ingest.reading import read
from tests.make_gguf import write_random
from tests.running import ROOT

STARTS = 7
FILES = 2000
ANSWER_TOKENS, PER_SECOND = 4000, 200
SOURCES, TOKENS_EACH = 10_000, 1_000
PAGES, PAGE = 5000, 4000
FRAMES = 200


class Pulse(QObject):
    """Beats once a millisecond on the window's thread. longest: seconds between two beats."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=1)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> None:
        """No more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now


class Painted(QObject):
    """Counts the paints of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let all pass."""
        self.times += event.type() == QEvent.Type.Paint
        return False


def say(what: str, value: float, target: float, *, note: str = "") -> None:
    """One line. value, target: seconds."""
    verdict = "ok" if value <= target else "MISSED"
    print(f"{what:58} {value * 1e3:8.1f} ms  target {target * 1e3:6.0f} ms  {verdict:6} {note}".rstrip(), flush=True)


@contextmanager
def window(theme: Theme) -> Iterator[Stage]:
    """A window on a data folder of its own."""
    with tempfile.TemporaryDirectory() as data:
        os.environ["PLUMBLINE_DATA"] = data
        stage = Stage(theme)
        # As the program does.
        tidying = Tidying(stage.desk, stage.window)
        try:
            yield stage
        finally:
            tidying.close()
            stage.close()


def run_until(there: Callable[[], object]) -> Pulse:
    """Let the real event loop run until `there`; looked at on every beat."""
    pulse = Pulse()
    loop = QApplication.instance()
    assert loop is not None
    watch = QTimer(interval=5)
    watch.timeout.connect(lambda: loop.exit(0) if there() else None)
    watch.start()
    QApplication.exec()
    watch.stop()
    pulse.stop()
    return pulse


def measure_start(theme: Theme) -> None:
    """From the start of the process to the end of the window's first paint, the disk's cache warm."""
    seconds = []
    for _ in range(STARTS + 1):
        with tempfile.TemporaryDirectory() as data:
            environment = {**os.environ, "PLUMBLINE_DATA": data, "QT_QPA_PLATFORM": "offscreen"}
            command = [sys.executable, "-m", "tests.benchmarks.first_paint"]
            begun = time.monotonic()
            ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            seconds.append(float(ran.stdout.split()[0]) - begun)
    say(f"start to first paint, median of {STARTS}", median(seconds[1:]), 1.0, note=f"first {seconds[0]:.2f} s")


def measure_ingest(theme: Theme) -> None:
    """The longest pause while files are read, shown and counted."""
    with tempfile.TemporaryDirectory() as folder, window(theme) as stage:
        lines = Path(__file__).read_text("utf-8")
        for number in range(FILES):
            place = Path(folder) / f"part {number // 100:02}"
            place.mkdir(exist_ok=True)
            (place / f"note {number:04}.txt").write_text(f"Note {number}.\n" + lines[: 500 + 7 * (number % 800)])
        stage.begin()
        run_until(lambda: not stage.desk.library.busy)
        begun = time.perf_counter()
        stage.desk.intake.read([Path(folder)])
        reading = run_until(lambda: not stage.desk.intake.busy)
        read_in = time.perf_counter() - begun
        counting = run_until(lambda: stage.desk.spending is not None and stage.desk.spending.exact)
        assert len(stage.desk.workspace.entries) == FILES
        took = time.perf_counter() - begun
        say(f"longest pause while {FILES:,} files are read", reading.longest, 0.05, note=f"in {read_in:.1f} s")
        say(f"longest pause while {FILES:,} files are counted", counting.longest, 0.05, note=f"{took:.1f} s in all")


def measure_stream(theme: Theme) -> None:
    """The longest pause while an answer with lists, code and a table grows."""
    piece = (
        "The **hoist** rope is inspected every Monday, as page 3 says, and it is replaced when wires are broken.\n\n"
        "- first, a list\n- then `code`\n\n```python\ndef limit(x: float) -> int:\n    return round(x)\n```\n\n"
        "| Date | Result |\n| --- | --- |\n| 9 January | failed |\n\n"
    )
    words = [word + " " if not word.endswith("\n") else word for word in piece.replace("\n", "\n\0").split(" ")]
    tokens = [t for w in words for t in w.split("\0") if t]
    with window(theme) as stage:
        desk = stage.desk
        stage.begin()
        run_until(lambda: not desk.library.busy)
        desk.exchanges.append(Exchange("What is said of the rope?", "model", "reading"))
        desk.exchange_added.emit(0)

        def write(call: Call[None]) -> None:
            begun = time.perf_counter()
            for number in range(ANSWER_TOKENS):
                token = tokens[number % len(tokens)]
                call.report(lambda token=token: desk.answers.text.emit(token))
                time.sleep(max(0.0, begun + (number + 1) / PER_SECOND - time.perf_counter()))

        done: list[None] = []
        desk.answers._engine.run(write, done=done.append, progress=lambda act: act())
        pulse = run_until(lambda: done)
        assert len(stage.window.conversation.turns[-1].answer.text_shown) > 3 * ANSWER_TOKENS
        say(f"longest pause while {PER_SECOND} tokens/s stream, {ANSWER_TOKENS:,} in all", pulse.longest, 0.05)


def _with_sources(stage: Stage, folder: Path) -> None:
    """Many sources, whose tokens are known as after counting."""
    model = write_random(folder / "model.gguf")
    stage.begin()
    documents = [
        Document(str(folder / f"report {i:05}.txt"), "text", "ok", sections=(Section("", Span(lines=(1, 40)), "One."),))
        for i in range(SOURCES)
    ]
    desk = stage.desk
    desk.use_model(Settings(model=model, date=datetime.date.today(), n_ctx=SOURCES * TOKENS_EACH + 100_000))
    stage.until(lambda: desk.spending is not None)
    now = Workspace().add(documents)
    for entry in now.entries:
        desk.meter._ledger.put(entry.key, DocumentTokens(entry.document, 10, (TOKENS_EACH - 10,)))
    desk.change(now)
    stage.settle()
    stage.until(lambda: not desk.library.busy)
    assert desk.spending is not None and desk.spending.exact
    assert desk.spending.budget.documents == SOURCES * TOKENS_EACH


def measure_toggle(theme: Theme) -> None:
    """From leaving a source out until the budget bar is painted anew."""
    with tempfile.TemporaryDirectory() as folder, window(theme) as stage:
        _with_sources(stage, Path(folder))
        painted = Painted(stage.window.budget.bar)
        seconds = []
        for turn in range(20):
            stage.rest(0.4)
            before = painted.times
            begun = time.perf_counter()
            stage.desk.set_included([f"S{1 + 37 * turn}"], False)
            while painted.times == before:
                QApplication.processEvents()
            seconds.append(time.perf_counter() - begun)
        name = f"leave out 1 of {SOURCES:,} sources, {SOURCES * TOKENS_EACH / 1e6:.0f} million tokens"
        say(name, median(seconds), 0.05, note=f"slowest {max(seconds) * 1e3:.0f} ms")


def measure_list(theme: Theme) -> None:
    """Frames while the list is scrolled, and while a filter is typed."""
    with tempfile.TemporaryDirectory() as folder, window(theme) as stage:
        _with_sources(stage, Path(folder))
        panel = stage.window.sources
        bar = panel.view.verticalScrollBar()
        stage.until(lambda: bar.maximum() > SOURCES * 40)
        frames = []
        for frame in range(FRAMES):
            begun = time.perf_counter()
            bar.setValue(bar.maximum() * frame // FRAMES)
            panel.view.viewport().repaint()
            frames.append(time.perf_counter() - begun)
        say(
            f"scroll {SOURCES:,} sources, median frame",
            median(frames),
            0.016,
            note=f"slowest {max(frames) * 1e3:.0f} ms",
        )
        panel.toggle_filter()
        frames = []
        for text in ["", *("report 0412"[: i + 1] for i in range(11)), "report 04", "report", "", "S77", "S7", "9 1"]:
            panel.filter.setText(text)
            panel._filter_soon.stop()
            begun = time.perf_counter()
            panel.refresh()
            panel.view.viewport().repaint()
            frames.append(time.perf_counter() - begun)
        say(
            f"filter {SOURCES:,} sources, median frame",
            median(frames),
            0.016,
            note=f"slowest {max(frames) * 1e3:.0f} ms",
        )


def measure_pages(theme: Theme) -> None:
    """A far page of a long PDF: from the wish to the sharp page on the screen."""
    with tempfile.TemporaryDirectory() as folder, window(theme) as stage:
        texts = [
            f"Page {i + 1}\n" + "\n".join(f"Clause {i}.{j}: the quay is swept." for j in range(40))
            for i in range(PAGES)
        ]
        path = write_pdf(Path(folder) / "long.pdf", texts)
        (entry,) = Workspace().add(read(path).documents).entries
        viewer = stage.window.viewer
        stage.window.body.show_viewer()
        begun = time.perf_counter()
        viewer.show_entry(entry, 0)
        stage.until(lambda: _sharp(stage, 0))
        cold = time.perf_counter() - begun
        seconds = []
        for page in (PAGE, 1200, PAGE + 700, 2500, PAGE + 1):
            at = entry.document.sections[page - 1].text.index("swept")
            begun = time.perf_counter()
            viewer.show_entry(entry, 0, at=Evidence(entry.key, page - 1, at, at + 5, "exact", "swept"))
            stage.until(partial(_sharp, stage, page - 1))
            seconds.append(time.perf_counter() - begun)
        note = f"others up to {max(seconds[1:]) * 1e3:.0f} ms; first page of all {cold * 1e3:.0f} ms"
        say(f"show page {PAGE:,} of {PAGES:,}", seconds[0], 0.3, note=note)


def _sharp(stage: Stage, page: int) -> bool:
    view = stage.window.viewer.pages
    boxes = view.boxes(page) if view.layout_of_pages.knows(page) else []
    return bool(boxes) and all(box in view.tiles for box in boxes)


def measure_session(theme: Theme) -> None:
    """From opening a session of many turns until its end is painted."""
    with window(theme) as stage:
        with Store.open() as store:
            session = long_conversation(store)
        stage.begin()
        stage.until(lambda: not stage.desk.library.busy)
        stage.rest(0.2)
        painted = Painted(stage.window.conversation.viewport())
        begun = time.perf_counter()
        stage.desk.open_session(session)
        stage.until(lambda: stage.desk.session == session)
        before = painted.times
        stage.until(lambda: painted.times > before)
        took = time.perf_counter() - begun
        assert len(stage.desk.exchanges) == TURNS
        say(f"open a session of {TURNS:,} turns", took, 0.5)


PARTS = {
    "start": measure_start,
    "ingest": measure_ingest,
    "stream": measure_stream,
    "toggle": measure_toggle,
    "list": measure_list,
    "pages": measure_pages,
    "session": measure_session,
}


def main(parts: list[str]) -> None:
    """Print a line for each figure."""
    _, theme = application()
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    print(
        f"{cores} cores, load {busy:.1f}" + (": others work here too, and all figures suffer" if busy > cores else "")
    )
    for part in parts or PARTS:
        PARTS[part](theme)


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    main(sys.argv[1:])
