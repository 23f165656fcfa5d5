"""Files and folders on their way in: looked at first when there may be many, then read, off the window's thread."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.services.lane import Call, Lane
from app.services.passwords import Passwords
from ingest.document import Ingested
from ingest.errors import Stopped
from ingest.known import Known
from ingest.preview import Preview
from ingest.view import View

_WRONG_PASSWORD = "This password does not open it. Check capital letters and the keyboard layout."


class Intake(QObject):
    """`huge` asks whether to go on with a large drop; answer with `read`. `arrived` brings what was read."""

    huge = Signal(object)
    progress = Signal(object)
    arrived = Signal(object, list)
    failed = Signal(object)
    ended = Signal()

    def __init__(
        self,
        passwords: Passwords,
        known: Known,
        parent: QObject | None = None,
        *,
        views: Callable[[], Mapping[str, View]] = dict,
    ) -> None:
        """passwords: what opens files that ask for one; what a person enters is kept there once it has.

        known: what was read before, so that a file that did not change is not read again. views: by absolute path, how
        to read files that are to be read in a way of their own.
        """
        super().__init__(parent)
        self._passwords, self._known, self._views = passwords, known, views
        self._lane = Lane("intake", self)
        self._call: Call[Ingested] | None = None
        self._pastes = 0

    @property
    def busy(self) -> bool:
        """Whether files are being read or looked at."""
        return self._lane.busy

    def add(self, paths: Sequence[Path]) -> None:
        """Look at `paths`, then read them unless they are huge."""
        self._lane.run(
            lambda call: _look(paths, lambda: _check(call)),
            done=self._looked,
            failed=self.failed.emit,
            ended=self.ended.emit,
        )

    def read(
        self,
        paths: Sequence[Path],
        *,
        pasted: str | None = None,
        roots: Sequence[Path] = (),
        leave_out: Sequence[str] = (),
    ) -> None:
        """Read `paths`, or a pasted text, whatever their size. roots: what names are relative to, if not to `paths`.

        leave_out: what `Preview.choose` gave.
        """
        from ingest.open_path import open_paths

        self._pastes += pasted is not None
        name = f"Paste {self._pastes}, {datetime.datetime.now():%d %b %Y %H.%M.%S}"
        views = self._views()

        def work(call: Call[Ingested]) -> Ingested:
            content = pasted.encode("utf-8", "replace") if pasted is not None else None
            ingested = open_paths(
                paths,
                stdin=content,
                on_progress=call.report,
                stop=lambda: call.cancelled,
                known_passwords=self._passwords.known(),
                known=self._known,
                views=views,
                leave_out=leave_out,
            )
            return ingested if pasted is None else _named(ingested, name)

        self._call = self._lane.run(
            work,
            done=lambda ingested: self.arrived.emit(ingested, list(roots or paths)),
            failed=self.failed.emit,
            progress=self.progress.emit,
            ended=self.ended.emit,
        )

    def unlock(
        self, path: Path, password: str, *, opened: Callable[[], None], refused: Callable[[str], None]
    ) -> Call[Ingested]:
        """Read the PDF at `path` with its password; cancel the call to give up.

        opened: after `arrived`, when it was read. refused: with a sentence; then nothing has arrived.
        """
        from ingest.open_path import open_paths

        views = self._views()

        def work(call: Call[Ingested]) -> Ingested:
            return open_paths(
                [path], on_progress=call.report, stop=lambda: call.cancelled, passwords=[password], views=views
            )

        def done(ingested: Ingested) -> None:
            if not ingested.documents:
                refused(f"It cannot be read: {ingested.skipped[0].reason}.")
            elif ingested.documents[0].status == "password_needed":
                refused(_WRONG_PASSWORD)
            else:
                self._passwords.keep(ingested.documents[0].path, password)
                self.arrived.emit(ingested, [path])
                opened()

        self._call = self._lane.run(
            work,
            done=done,
            failed=lambda failure: refused(f"{failure.message} {failure.hint}".strip()),
            progress=self.progress.emit,
            ended=self.ended.emit,
        )
        return self._call

    def compare(
        self, repository: Path, revisions: str, *, added: Callable[[], None], refused: Callable[[str], None]
    ) -> Call[Ingested]:
        """Read what `git diff` says of `revisions` ("A...B"); cancel the call to give up.

        added: after `arrived`, when it was read. refused: with a sentence; then nothing has arrived.
        """
        from ingest.git_diff import diff_path
        from ingest.open_path import open_paths

        path = Path(diff_path(repository, revisions))

        def done(ingested: Ingested) -> None:
            document = ingested.documents[0] if ingested.documents else None
            if document is None or not document.sections:
                refused((document.problem if document else None) or "It could not be compared.")
            else:
                self.arrived.emit(ingested, [repository.parent])
                added()

        self._call = self._lane.run(
            lambda call: open_paths([path], on_progress=call.report, stop=lambda: call.cancelled),
            done=done,
            failed=lambda failure: refused(f"{failure.message} {failure.hint}".strip()),
            ended=self.ended.emit,
        )
        return self._call

    def cancel(self) -> None:
        """Stop reading; nothing of it is added."""
        if self._call is not None:
            self._call.cancel()

    def close(self) -> None:
        """Stop and end the thread."""
        self._lane.close()

    def _looked(self, preview: Preview) -> None:
        if preview.huge:
            self.huge.emit(preview)
        else:
            self.read(preview.paths)


def _named(ingested: Ingested, name: str) -> Ingested:
    """Each paste is a source of its own: one of the same name would take the place of the one before."""
    return replace(ingested, documents=tuple(replace(d, path=name) for d in ingested.documents))


def _check(call: Call[Preview]) -> None:
    if call.cancelled:
        raise Stopped("Reading was stopped; nothing was added.")


def _look(paths: Sequence[Path], check: Callable[[], None]) -> Preview:
    from app.core.settings import load
    from ingest.preview import look

    preferences = load().preferences
    return look(paths, check, many_files=preferences.many_files, many_bytes=preferences.many_bytes)
