"""States of the review that pictures are taken of: nothing yet, running, findings with their code, nothing found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.answering import Settings
from app.core.review.running import ReviewProgress
from app.core.review.scope import Scope
from app.core.review.wanted import Heard, Reviewed, Wanted
from app.ui.review.page import ReviewPage
from app.ui.theme.style import Theme
from engine.backends.base import Backend
from tests.core.review.repositories import new_repository
from tests.gui import papers, reviews
from tests.gui.screenshots import Camera
from tests.gui.stage import Stage, stage

_SIZES = ((1280, 800), (1000, 700), (960, 700), (800, 560))


@contextmanager
def reviewing(theme: Theme, folder: Path, *, size: tuple[int, int] = (1440, 900)) -> Iterator[tuple[Stage, ReviewPage]]:
    """A session about a crane, turned to its review."""
    folder.mkdir(parents=True, exist_ok=True)
    with stage(theme, size=size) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        on.window.turn_to("review")
        page = on.window.centre.currentWidget()
        assert isinstance(page, ReviewPage)
        on.rest(0.2)
        yield on, page


def empty(theme: Theme, camera: Camera, folder: Path) -> None:
    """Nothing was reviewed yet; without a model; what there is to choose; something went wrong."""
    code = new_repository(folder / "crane-controller", reviews.TEXTS)
    with reviewing(theme, folder) as (on, page):
        camera.shoot("review-empty", on.window)
        page.choose((code,))
        on.until(on.dialogs)
        on.rest(0.3)
        camera.shoot("dialog-review", on.dialogs()[0])
        on.dialogs()[0].close()
        on.desk.reviewer.start(Wanted(paths=(folder / "nothing",), checklists=("bugs",)))
        on.until(lambda: not on.desk.reviewer.running)
        on.rest(0.2)
        camera.shoot("review-failed", on.window)
        on.desk.reviewer.forget()
        on.desk.use_model(None)
        on.rest(0.2)
        camera.shoot("review-no-model", on.window)


def running(theme: Theme, camera: Camera, folder: Path) -> None:
    """A review under way, three findings so far; then stopped."""
    going = threading.Event()
    some = reviews.checked()[:3]

    def work(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
        heard.code(Scope("/srv/crane-controller", "148 files", reviews.TEXTS))
        for one in some:
            heard.found(one)
        heard.progress(ReviewProgress("reading", 12_400, 31_000, 2, 3, "Security", 3, 6, seconds_left=45))
        going.wait()
        return reviews.reviewed(some, cancelled=True)

    with reviewing(theme, folder) as (on, page):
        on.desk.reviewer.work = work
        on.desk.reviewer.start(Wanted(paths=(Path("/srv/crane-controller"),), checklists=("bugs", "security")))
        on.until(lambda: len(page.findings.list.rows.findings()) == len(some))
        on.rest(0.3)
        camera.shoot("review-running", on.window)
        camera.shoot_sizes("review-running", on.window, sizes=((960, 700),))
        going.set()
        on.until(lambda: not on.desk.reviewer.running)
        on.rest(0.3)
        camera.shoot("review-stopped", on.window)


def findings(theme: Theme, camera: Camera, folder: Path) -> None:
    """Findings beside their code: confirmed, not confirmed, dismissed, in groups, against another review."""
    with reviewing(theme, folder) as (on, page):
        on.desk.reviewer.show(reviews.reviewed())
        on.rest(0.4)
        camera.shoot("review", on.window)
        camera.shoot_sizes("review", on.window, sizes=_SIZES)
        on.window.resize(960, 700)
        page.step(1)
        on.rest(0.3)
        camera.shoot("review-code-over", on.window)
        on.window.resize(1280, 800)
        on.rest(0.2)
        page.findings.list.choose(reviews.checked()[6])
        on.rest(0.3)
        camera.shoot("review-unconfirmed", on.window)
        page.findings.list.choose(reviews.checked()[2])
        on.rest(0.3)
        camera.shoot("review-suggestion", on.window)
        page.dismiss(reviews.checked()[0])
        on.until(on.dialogs)
        on.rest(0.2)
        camera.shoot("dialog-dismiss", on.dialogs()[0])
        on.dialogs()[0].close()
        found = reviews.checked()
        on.desk.reviewer.show(reviews.reviewed(found[1:]), reviews.reviewed(found[:4]))
        on.desk.reviewer.compare_with_before()
        on.desk.reviewer.dismiss(found[1], "Intended")
        page.findings.filter.menu_of_order().actions()[-1].trigger()
        page.findings.filter.menu_of_order().actions()[1].trigger()
        on.rest(0.3)
        camera.shoot("review-compared", on.window)


def nothing_found(theme: Theme, camera: Camera, folder: Path) -> None:
    """A review that found nothing, and what each of its passes saw."""
    with reviewing(theme, folder) as (on, page):
        on.desk.reviewer.show(reviews.reviewed(()))
        on.rest(0.3)
        camera.shoot("review-nothing-found", on.window)
        camera.shoot_sizes("review-nothing-found", on.window, sizes=((960, 700),))
        page.findings.left_out.link.click()
        on.until(on.dialogs)
        on.rest(0.3)
        camera.shoot("dialog-passes", on.dialogs()[0])
        on.dialogs()[0].close()
