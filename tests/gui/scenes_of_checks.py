"""The states of the self-check that pictures are taken of: drawn reports where a real one would take an hour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.core.selfcheck.facts import check_fingerprint
from app.core.selfcheck.foreseen import with_facts
from app.core.selfcheck.kept import KeptChecks
from app.services.checker import CheckAsked
from app.ui.selfcheck.page import CheckPage
from app.ui.theme.style import Theme
from engine.fingerprint import Fingerprint
from engine.selfcheck.progress import CheckProgress
from engine.selfcheck.report import Report
from tests.gui import papers
from tests.gui.check_samples import sample
from tests.gui.screenshots import Camera
from tests.gui.stage import Stage, stage

_LENGTHS = (1024, 2048, 4096, 8192, 16_384, 32_768)


def check_new(theme: Theme, camera: Camera, folder: Path) -> None:
    """Nothing measured yet; no model at all."""
    with stage(theme) as on:
        _page(on)
        on.settle()
        camera.shoot("check-new", on.window)
        camera.shoot_sizes("check-new", on.window, sizes=((960, 700),))
        on.desk.use_model(None)
        on.rest(0.2)
        camera.shoot("check-no-model", on.window)


def check_running(theme: Theme, camera: Camera, folder: Path) -> None:
    """A real check of the bundled reader, looked at on its way, then paused."""
    with stage(theme) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        page = _page(on)
        seen: list[CheckProgress] = []
        on.desk.checker.progressed.connect(seen.append)
        on.desk.check(CheckAsked("quick", ("f16",)))
        on.until(lambda: any(state.done >= 6 for state in seen), "questions of a check")
        on.rest(1.2)
        camera.shoot("check-running", on.window)
        page.card.pause.click()
        on.until(lambda: on.desk.checker.phase == "paused", "a pause")
        on.rest(0.2)
        camera.shoot("check-paused", on.window)


def check_done(theme: Theme, camera: Camera, folder: Path) -> None:
    """Verified to half of the context, with the documents beyond it; a cell and its trials; stale; measured again."""
    with stage(theme) as on:
        on.add(papers.incident(folder), name="Crane 4, March incident")
        page = _page(on)
        _keep(on, sample(_fails_late, lengths=_LENGTHS))
        on.until(lambda: on.desk.verification.length, "a verified length")
        page.result.choose_task("multikey")
        page.result.map.choose("multikey", _LENGTHS[-1], 50)
        on.rest(0.3)
        camera.shoot("check-done", on.window)
        camera.shoot_sizes("check-done", on.window, sizes=((1280, 800), (960, 900), (800, 900)))
        long = folder / "Yard book.txt"
        long.write_text(
            "The gate of the lower yard was painted again in spring, and nobody complained.\n" * 320, "utf-8"
        )
        on.window.turn_to("ask")
        on.add([long])
        on.window.composer.put("Who painted the gate?")
        on.settle()
        camera.shoot("check-known", on.window)
        camera.shoot_sizes("check-known", on.window, sizes=((1280, 800), (960, 700)))
        on.window.turn_to("check")
        assert on.desk.settings is not None
        on.desk.use_model(replace(on.desk.settings, kv="q8_0"))
        on.until(lambda: on.desk.verification.stale_because, "a stale result")
        on.settle()
        camera.shoot("check-stale", on.window)
        page.head.run.click()
        on.rest(0.2)
        camera.shoot("check-again", on.window)


def _page(on: Stage) -> CheckPage:
    on.window.turn_to("check")
    page = on.window.centre.currentWidget()
    assert isinstance(page, CheckPage)
    return page


def _fails_late(task: str, length: int, depth: int | None) -> float:
    if task == "variable":
        return 1.0 if length <= 4096 else 0.5
    if length < _LENGTHS[-1]:
        return 0.998
    return 0.3 + 0.6 * abs((depth or 50) - 50) / 50


def _keep(on: Stage, report: Report) -> None:
    """As if this had been measured of the model in use."""
    settings, around = on.desk.settings, on.desk.around
    assert settings is not None and around is not None
    exact = replace(settings, n_ctx=around.budget.context)
    facts = {**check_fingerprint(with_facts(exact, around.info)).facts, "build": {}}
    mine = replace(
        report,
        fingerprint=Fingerprint.of(facts).digest,
        facts=facts,
        model=around.info.name,
        kv=settings.kv,
        context=around.budget.context,
    )
    with KeptChecks.open() as kept:
        number = kept.begin(replace(mine, trials=()), plan="drawn", seed=7)
        kept.save(number, mine, finished=True)
    on.desk.checker.finished.emit()
