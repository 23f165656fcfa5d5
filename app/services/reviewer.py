"""Reviews of code in the background: one at a time, with the model in use, what was found as it is found.

What is reviewed, the passes and what is kept are the core's. Knows no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app.core.answering import Settings
from app.core.failures import Failure
from app.core.review.finding import Checked
from app.core.review.wanted import Heard, Listed, Offer, Reviewed, Wanted, Work
from app.services.lane import Call, Lane
from app.services.review_shelf import Kept, ReviewShelf
from engine.backends.base import Backend
from ingest.document import Document

if TYPE_CHECKING:
    from app.core.review.comparing_runs import Comparison
    from app.core.review.scope import Scope
    from app.core.review.taking_out import Form

Lent = Callable[[Call[Reviewed], Backend, Settings], Reviewed]
Lend = Callable[[Lent, Callable[[Reviewed], None], Callable[[Failure], None]], Call[Reviewed] | Failure]
"""Has work done with the engine, then one of both called; a Failure instead says why that cannot be now."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a review is compared with. created: when that review was made, "" where it is a file called `name`."""

    findings: tuple[Checked, ...]
    created: str = ""
    name: str = ""


class Reviewer(QObject):
    """`changed`: look at the attributes again. `progressed`: ReviewProgress. `found`: a Checked, while a review runs.

    `refused`: a Failure, for what was asked and could not be done; what is shown stays. findings, texts, known: of the
    review that runs, else of the one that is `reviewed`. before: the review before that. failure: of the last one.
    """

    changed = Signal()
    progressed = Signal(object)
    found = Signal(object)
    refused = Signal(object)

    def __init__(self, lend: Lend, work: Work, shelf: ReviewShelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lend, self.work, self._shelf = lend, work, shelf
        self._files = Lane("review-files", self)
        self._call: Call[Reviewed] | None = None
        self._looking: Call[list[Reviewed]] | None = None
        self._stop = False
        self._scope: Scope | None = None
        self._model = ""
        self._comparison: Comparison | None = None
        self._reasons: dict[str, str] = {}
        self.running = False
        self.wanted: Wanted | None = None
        self.findings: list[Checked] = []
        self.texts: Mapping[str, str] = {}
        self.known: Mapping[str, tuple[tuple[int, int], ...]] = {}
        self.reviewed: Reviewed | None = None
        self.before: Reviewed | None = None
        self.compared: Compared | None = None
        self.failure: Failure | None = None

    @property
    def name(self) -> str:
        """Of what is reviewed, "" where nothing is."""
        if self.reviewed is not None:
            return Path(self.reviewed.review.root).name or self.reviewed.review.root
        wanted = self.wanted
        paths = wanted.paths if wanted is not None else ()
        return paths[0].name if len(paths) == 1 else ""

    @property
    def changes(self) -> Mapping[str, Literal["new", "still"]]:
        """Of each finding, by fingerprint, against what the review is compared with."""
        if self._comparison is None:
            return {}
        new: dict[str, Literal["new", "still"]] = {one.fingerprint: "new" for one in self._comparison.new}
        return {**new, **{one.fingerprint: "still" for one in self._comparison.still}}

    @property
    def fixed(self) -> Sequence[Checked]:
        """What was found before in files that were read again, and is not found any more."""
        return self._comparison.fixed if self._comparison is not None else ()

    @property
    def unseen(self) -> Sequence[Checked]:
        """What was found before in files that were not read this time."""
        return self._comparison.unseen if self._comparison is not None else ()

    def offer(
        self, documents: Sequence[Document], dropped: tuple[Path, ...], model: str, ready: Callable[[Offer], None]
    ) -> None:
        """Find out what there is to choose from: of what was dropped, else of these sources."""

        def look(call: Call[Offer]) -> Offer:
            from app.core.review.offering import offer_dropped, offer_sources

            if dropped:
                return offer_dropped(dropped, model=model, stop=lambda: call.cancelled)
            return offer_sources(documents, model=model)

        self._files.run(look, done=ready, failed=self.refused.emit)

    def read_list(self, path: Path, read: Callable[[Listed], None], refused: Callable[[str], None]) -> None:
        """A checklist of a person's own."""

        def look(_: Call[Listed]) -> Listed:
            from app.core.review.offering import own_list

            return own_list(path)

        self._files.run(look, done=read, failed=lambda failure: refused(f"{failure.message} {failure.hint}".strip()))

    def start(self, wanted: Wanted) -> None:
        """Begin a review; what the one before found can then be compared with it."""
        if self.running:
            return
        before = self.reviewed or self.before

        def work(call: Call[Reviewed], backend: Backend, settings: Settings) -> Reviewed:
            heard = Heard(
                progress=lambda state: call.report(lambda: self.progressed.emit(state)),
                found=lambda checked: call.report(lambda: self._found(checked)),
                code=lambda scope: call.report(lambda: self._code(scope)),
                stop=lambda: self._stop or call.cancelled,
            )
            self._model = str(settings.model)
            return self.work(wanted, heard, backend, settings, before)

        self._stop = False
        call = self._lend(work, self._done, self._failed)
        if isinstance(call, Failure):
            self.refused.emit(call)
            return
        self._call, self.running, self.wanted, self.before = call, True, wanted, before
        self._forget_findings()
        self._shelf.begin(self.name)
        self.changed.emit()

    def again(self, *, only_changed: bool = False) -> None:
        """The same review once more. only_changed: of what has changed since."""
        if self.wanted is not None:
            self.start(replace(self.wanted, only_changed=only_changed))

    def stop(self) -> None:
        """Stop; what was found is kept."""
        self._stop = True

    def bring_back(self) -> None:
        """Another session is open: show its last review, its findings held against the code as it is now."""
        self.forget()
        self._shelf.look(self._kept)

    def forget(self) -> None:
        """Stop, and have nothing to show; what a review found until now is kept with its session."""
        self._keep_so_far()
        if self._call is not None:
            self._call.cancel()
        if self._looking is not None:
            self._looking.cancel()
        self._call, self.running, self.wanted, self.before = None, False, None, None
        self._reasons = {}
        self._forget_findings()
        self.changed.emit()

    def show(self, reviewed: Reviewed, before: Reviewed | None = None) -> None:
        """Have this review to show. before: the one that it can be compared with."""
        self._forget_findings()
        findings = tuple(self._remembered(one) for one in reviewed.review.findings)
        self.reviewed = replace(reviewed, review=replace(reviewed.review, findings=findings))
        self.before = before
        self.findings, self.texts, self.known = list(findings), reviewed.texts, reviewed.known
        self.changed.emit()

    def dismiss(self, checked: Checked, reason: str | None) -> None:
        """Say why a finding is none, or (None) that it is one after all."""
        if reason is None:
            self._reasons.pop(checked.fingerprint, None)
        else:
            self._reasons[checked.fingerprint] = reason
        self._shelf.dismiss(checked.fingerprint, reason)
        self.findings = [
            replace(one, dismissed=reason) if one.fingerprint == checked.fingerprint else one for one in self.findings
        ]
        if self.reviewed is not None:
            review = replace(self.reviewed.review, findings=tuple(self.findings))
            self.reviewed = replace(self.reviewed, review=review)
        self.changed.emit()

    def compare_with_before(self) -> None:
        """Tell new findings from those of the review before."""
        if self.before is not None:
            self._compare(Compared(self.before.review.findings, created=self.before.review.created))

    def compare_with_file(self, path: Path) -> None:
        """Compare with findings that were written to a file, as our JSON or as SARIF."""
        root = self.reviewed.review.root if self.reviewed is not None else ""

        def read(_: Call[Compared]) -> Compared:
            from app.core.review.baseline import read_baseline

            return Compared(read_baseline(path, root=root), name=path.name)

        self._files.run(read, done=self._compare, failed=self.refused.emit)

    def compare_no_longer(self) -> None:
        """Show them as they are."""
        self._compare(None)

    def write(self, form: Form, path: Path, written: Callable[[Path, str], None]) -> None:
        """Write the review to a file. written: with a remark about what is not in it, "" for none."""
        reviewed = self.reviewed
        if reviewed is None:
            return

        def work(_: Call[str]) -> str:
            from app.core.review.taking_out import write_review

            return write_review(reviewed, form, path)

        self._files.run(work, done=lambda remark: written(path, remark), failed=self.refused.emit)

    def save_patch(self, checked: Checked, path: Path, written: Callable[[Path, str], None]) -> None:
        """Write the suggestion of one finding to a file."""
        text = checked.finding.suggestion

        def work(_: Call[None]) -> None:
            from app.core.review.taking_out import write_text

            write_text(text, path)

        self._files.run(work, done=lambda _: written(path, ""), failed=self.refused.emit)

    def close(self) -> None:
        """Stop and end the thread; what is being written is written first, and what was found so far is kept."""
        self._keep_so_far()
        self._stop = True
        self._files.finish()

    def _compare(self, compared: Compared | None) -> None:
        from app.core.review.comparing_runs import compare

        reviewed = self.reviewed
        there = compared is not None and reviewed is not None
        self.compared = compared if there else None
        self._comparison = compare(compared.findings, reviewed.review) if compared and reviewed else None
        self.changed.emit()

    def _forget_findings(self) -> None:
        self.findings, self.texts, self.known, self._scope = [], {}, {}, None
        self.reviewed = self.compared = self._comparison = self.failure = None

    def _keep_so_far(self) -> None:
        scope = self._scope
        if not self.running or scope is None or not self.findings or self.wanted is None:
            return
        from app.core.review.work import so_far

        self._shelf.add(so_far(scope, self.wanted, self._model, self.findings))

    def _code(self, scope: Scope) -> None:
        self._scope, self.texts, self.known = scope, scope.texts, scope.known

    def _found(self, checked: Checked) -> None:
        self.findings.append(self._remembered(checked))
        self.found.emit(checked)

    def _remembered(self, checked: Checked) -> Checked:
        reason = self._reasons.get(checked.fingerprint, checked.dismissed)
        return checked if reason == checked.dismissed else replace(checked, dismissed=reason)

    def _done(self, reviewed: Reviewed) -> None:
        self._call, self.running = None, False
        self._shelf.add(reviewed.review)
        self.show(reviewed, self.before)

    def _kept(self, kept: Kept) -> None:
        if self.running or self.reviewed is not None:
            return
        self._reasons = dict(kept.dismissed)

        def work(_: Call[list[Reviewed]]) -> list[Reviewed]:
            from app.core.review.restoring import restored

            return [restored(review) if i == 0 else Reviewed(review) for i, review in enumerate(kept.reviews)]

        def done(reviews: list[Reviewed]) -> None:
            if reviews and not self.running and self.reviewed is None:
                self.show(reviews[0], reviews[1] if len(reviews) > 1 else None)

        self._looking = self._files.run(work, done=done, failed=self.refused.emit)

    def _failed(self, failure: Failure) -> None:
        self._call, self.running = None, False
        self._forget_findings()
        # A person who stops it before anything was read knows why there is nothing.
        stopped = self._stop
        if self.before is not None:
            # What was there before is worth more than a page that says what went wrong.
            self.show(self.before)
            if not stopped:
                self.refused.emit(failure)
            return
        self.failure = failure if not stopped else None
        self.changed.emit()
