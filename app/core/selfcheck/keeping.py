"""Keeps a check while it runs, as far as the file can be used: it goes on without it, and says so once."""

from __future__ import annotations

from collections.abc import Callable

from app.core.errors import CoreError
from app.core.selfcheck.kept import Kept, KeptChecks
from engine.selfcheck.report import Report, Trial


class Keeping:
    """The file of self-checks for one check. number: under which it is kept, None where it is not."""

    def __init__(self, trouble: Callable[[str], None]) -> None:
        """trouble: told the sentence that says why nothing more is kept."""
        self._trouble = trouble
        self._kept: KeptChecks | None = None
        self.number: int | None = None
        self._try(self._open)

    def find(self, fingerprint: str, plan: str, seed: int | None) -> Kept | None:
        """The check that can be gone on with."""
        found: list[Kept | None] = []
        self._try(lambda: found.append(self._kept.latest(fingerprint, plan, seed) if self._kept else None))
        return found[0] if found else None

    def begin(self, report: Report, plan: str, seed: int) -> None:
        """Keep a new one."""

        def begin() -> None:
            self.number = self._kept.begin(report, plan=plan, seed=seed) if self._kept else None

        self._try(begin)

    def go_on(self, before: Kept) -> None:
        """Keep what comes with what is there."""
        self.number = before.id

    def add(self, trial: Trial) -> None:
        """Keep one trial."""
        kept, number = self._kept, self.number
        if kept is not None and number is not None:
            self._try(lambda: kept.add(number, [trial]))

    def save(self, report: Report) -> Report:
        """Keep how it ended; the report as it is kept."""
        kept, number = self._kept, self.number
        if kept is None or number is None:
            return report
        saved: list[Report] = []

        def save() -> None:
            kept.save(number, report, finished=report.ended != "cancelled")
            saved.append(kept.load(number).report)

        self._try(save)
        return saved[0] if saved else report

    def close(self) -> None:
        """Let the file go."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _open(self) -> None:
        self._kept = KeptChecks.open()

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CoreError as error:
            self.close()
            self.number = None
            self._trouble(f"Not kept from here on: {error} {error.hint}".strip())
