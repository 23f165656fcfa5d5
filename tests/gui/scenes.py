"""The states of the window that pictures are taken of, each reached as a person reaches it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QPixmap

from app.ui.main_window import SAMPLE
from app.ui.theme.style import Theme
from tests.gui import papers, scenes_of_review
from tests.gui.scenes_of_checks import check_done, check_new, check_running
from tests.gui.scenes_of_reading import changed, choosing, contents, logs, reading_as, secrets
from tests.gui.scenes_of_work import costs, exporting, scans
from tests.gui.screenshots import Camera
from tests.gui.stage import key_of, stage
from tests.ingest.pdfs import write_slow

Scene = Callable[[Theme, Camera, Path], None]
QUESTION = "Who had to replace the slewing limit switch before the 14 March lift, and when?"
ANSWER = """**The contractor had to replace it.** The agreement says that it replaces “any limit switch that fails two \
consecutive monthly tests” [{agreement} p.1], and that it does so “within ten working days” [{agreement} p.1].

**The switch had failed twice.** It “did not act within 0.5 s” [{report} p.1] on 9 January, and “FAILED the monthly \
test for the second time” [{report} p.1] on 11 February.

- The lift went ahead “with a second operator in the cabin” [{mails} L10].
- An e-mail is quoted as promising the part “before the weekend” [{mails} L5].

| Date | Test | Result |
| --- | --- | --- |
| 9 January | slewing limit switch | failed |
| 11 February | slewing limit switch | failed again |
"""


@contextmanager
def paused(pid: int | None) -> Iterator[None]:
    """The engine stands still, so that what it was doing can be looked at."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def start(theme: Theme, camera: Camera, folder: Path) -> None:
    """Nothing added yet."""
    with stage(theme) as on:
        on.settle()
        camera.shoot("start", on.window)
        camera.shoot_sizes("start", on.window)


def adding(theme: Theme, camera: Camera, folder: Path) -> None:
    """Files on their way in, then being counted; the question before a huge drop."""
    with stage(theme) as on:
        paths = papers.incident(folder)
        slow = write_slow(folder / "Drawings of the slewing gear.pdf", slow_page=1, pages=3)
        on.desk.add([*paths, slow])
        on.until(lambda: on.window.sources.reading.isVisible(), "files being read")
        on.rest(0.4)
        camera.shoot("files-being-read", on.window)
        on.desk.intake.cancel()
        on.until(lambda: not on.desk.intake.busy)
        counting = threading.Event()
        # The lane that counts stands still, so that counting can be looked at.
        on.desk.answers._engine.run(lambda _: counting.wait())
        on.desk.add(paths)
        on.until(lambda: on.desk.workspace.entries)
        on.rest(0.3)
        camera.shoot("counting", on.window)
        counting.set()
        on.settle()
        camera.shoot("added", on.window)
        on.desk.add([papers.many(folder / "notes", 620)])
        on.until(on.dialogs, "the question before a huge drop")
        camera.shoot("huge-drop", on.dialogs()[0])


def busy(theme: Theme, camera: Camera, folder: Path) -> None:
    """The engine reads, then writes, then dies."""
    with stage(theme) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        on.add([SAMPLE / "workspace"])
        on.desk.ask("Who built the crane in 2011?")
        card = on.window.conversation.turns[-1].progress
        assert card is not None
        on.until(lambda: card.speed.text() or not on.desk.busy, "reading")
        with paused(on.desk.answers.engine_pid):
            camera.shoot("reading", on.window)
            camera.shoot_sizes("reading", on.window, sizes=((1280, 800), (800, 560)))
        on.until(lambda: on.desk.exchanges[-1].text, "streaming")
        with paused(on.desk.answers.engine_pid):
            on.rest(0.1)
            camera.shoot("streaming", on.window)
        on.until(lambda: not on.desk.busy)
        on.desk.ask("What does the Port pay for each quarter?")
        on.until(lambda: on.desk.answers.engine_pid)
        on.rest(0.05)

        def killed() -> bool:
            # It is started again once by itself.
            pid = on.desk.answers.engine_pid
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not on.desk.busy

        on.until(killed)
        on.settle()
        camera.shoot("engine-died", on.window)


def answered(theme: Theme, camera: Camera, folder: Path) -> None:
    """Exact, near and missing citations; the viewer with page, code, log and what is sent; passages; a toast."""
    with stage(theme) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        keys = {name: key_of(on, word) for name, word in _WORDS.items()}
        on.answer(QUESTION, ANSWER.format(**keys))
        camera.shoot("answered", on.window)
        window = on.window
        for name, number in (("viewer-exact", 0), ("viewer-near", 3), ("viewer-missing", 5)):
            window.places.citation(0, number)
            on.sharp()
            camera.shoot(name, window)
            window.toast.hide()
        window.places.citation(0, 0)
        on.sharp()
        camera.shoot_sizes("viewer-exact", window)
        for name in ("code", "log"):
            window.places.source(keys[name])
            on.rest(0.5)
            camera.shoot(f"viewer-{name}", window)
        window.places.sent()
        on.rest(1.0)
        camera.shoot("inspector", window)
        window.hide_viewer()
        window.open_palette()
        on.rest(0.2)
        camera.shoot("palette", window)
        window.palette_of_commands.dismiss()
        on.ask("failed test of the limit switch", evidence=True)
        on.desk.set_mode("evidence")
        camera.shoot("evidence", window)
        window.sessions.deleted.emit(0, "Quay lease, renewal")
        on.rest(0.2)
        camera.shoot("toast", window)


def over(theme: Theme, camera: Camera, folder: Path) -> None:
    """More than the context holds."""
    with stage(theme) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        assert on.desk.settings is not None
        on.desk.use_model(replace(on.desk.settings, n_ctx=4096))
        on.until(lambda: on.desk.spending is not None and on.desk.spending.budget.over > 0)
        on.settle()
        camera.shoot("over", on.window)
        camera.shoot_sizes("over", on.window, sizes=((1280, 800), (800, 560)))


def dialogs(theme: Theme, camera: Camera, folder: Path) -> None:
    """Model, settings, keys, each by itself."""
    with stage(theme) as on:
        window = on.window
        for name, show in (
            ("model", window.choose_model),
            ("settings", window.open_settings),
            ("keys", window.show_keys),
        ):
            show()
            on.until(on.dialogs)
            on.rest(0.6)
            for dialog in on.dialogs():
                camera.shoot(f"dialog-{name}", dialog)
                dialog.close()
            on.rest(0.1)


def right_to_left(theme: Theme, camera: Camera, folder: Path) -> None:
    """Documents, question and answer in Arabic and Hebrew."""
    with stage(theme) as on:
        on.add(papers.right_to_left(folder), name="اتفاقية الصيانة")
        on.answer(
            "من يستبدل المفتاح؟",
            "المقاول: «يستبدل المقاول على نفقته كل مفتاح يفشل في اختبارين شهريين متتاليين» [S1 L3].",
        )
        on.answer("מה קרה ב-9 בינואר?", 'המפסק "לא פעל בתוך 0.5 שניות" [S2 L3].')
        on.window.places.citation(0, 0)
        on.rest(0.6)
        camera.shoot("right-to-left", on.window)


def for_readme(theme: Theme, size: tuple[int, int], folder: Path) -> QPixmap:
    """What the bundled model answers from the sample, with the page beside it."""
    with stage(theme, size=size) as on:
        on.window.open_sample()
        on.settle()
        on.window.composer.edit.clear()
        for question in _SAMPLE_QUESTIONS:
            on.ask(question)
        on.window.places.citation(0, 0)
        on.sharp()
        return on.window.grab()


_SAMPLE_QUESTIONS = ("Who built the crane in 2011?", "What was chafed by the ladder?")
_WORDS = {
    "agreement": "agreement",
    "report": "Inspection",
    "mails": "e-mails",
    "code": "limits.py",
    "log": "gateway",
}


SCENES: dict[str, Scene] = {
    "start": start,
    "adding": adding,
    "busy": busy,
    "answered": answered,
    "over": over,
    "dialogs": dialogs,
    "scans": scans,
    "costs": costs,
    "exporting": exporting,
    "right-to-left": right_to_left,
    "reading-as": reading_as,
    "changed": changed,
    "secrets": secrets,
    "logs": logs,
    "contents": contents,
    "choosing": choosing,
    "review": scenes_of_review.findings,
    "review-empty": scenes_of_review.empty,
    "review-running": scenes_of_review.running,
    "review-nothing-found": scenes_of_review.nothing_found,
    "check-new": check_new,
    "check-running": check_running,
    "check-done": check_done,
}
