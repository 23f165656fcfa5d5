"""A review from what a person wants to what came of it: scope, checklists, passes, and what is kept from before.

Knows no window and no command line; the engine and where news go are given.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.core.answering import Settings
from app.core.errors import ScopeRefused
from app.core.review.checklists import choose
from app.core.review.finding import SEVERITIES, Checked, Review
from app.core.review.git_scope import changes
from app.core.review.merging import merge
from app.core.review.patch_scope import patched, read_patch
from app.core.review.running import review
from app.core.review.scope import Scope, everything
from app.core.review.wanted import Heard, Reviewed, Wanted
from engine.backends.base import Backend


def carry_out(wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None) -> Reviewed:
    """Review what is wanted with the model of `settings`. Raises ScopeRefused, ChecklistRefused, the engine's errors.

    before: the review before; where only what changed since is wanted, its findings in other files are kept.
    """
    checklists = choose(wanted.checklists)
    whole = scope_of(wanted, heard)
    scope = changed_since(whole, before) if wanted.only_changed and before is not None else whole
    heard.code(whole)
    done = review(
        scope,
        checklists,
        backend,
        settings,
        on_progress=heard.progress,
        on_finding=heard.found,
        stop=heard.stop,
    )
    if scope is not whole and before is not None:
        done = joined(done, whole, scope, before.review)
    return Reviewed(done, whole.texts, whole.known)


def scope_of(wanted: Wanted, heard: Heard) -> Scope:
    """The code that is wanted. Raises ScopeRefused, Stopped."""
    if wanted.what == "changes":
        first = _first(wanted)
        folders = [path for path in wanted.paths if path.is_dir()]
        return changes(folders[0] if folders else first.parent, wanted.since, below=folders, stop=heard.stop)
    if wanted.what == "patch":
        if wanted.patch is None:
            raise ScopeRefused("No patch was named.", hint="Choose the file of a patch.")
        folder = next((path for path in wanted.paths if path.is_dir()), None)
        return patched(read_patch(wanted.patch), str(wanted.patch), tree=folder, stop=heard.stop)
    if wanted.what == "files":
        return everything([Path(file) for file in wanted.files], stop=heard.stop)
    return everything(wanted.paths, stop=heard.stop)


def changed_since(scope: Scope, before: Reviewed) -> Scope:
    """Only the files that are not as they were reviewed before. Raises ScopeRefused where all are."""
    same = {path for path, text in scope.texts.items() if before.texts.get(path) == text}
    others = [path for path in scope.texts if path not in same]
    if not others:
        raise ScopeRefused("Nothing has changed since the last review.", hint="Run it again to review all of it.")
    return scope.only(others) if same else scope


def joined(done: Review, whole: Scope, scope: Scope, before: Review) -> Review:
    """What was found now, and what was found before in the files that are as they were."""
    kept = [one for one in before.findings if one.finding.path in whole.texts and one.finding.path not in scope.texts]
    return replace(done, findings=_in_order([*done.findings, *kept]))


def so_far(scope: Scope, wanted: Wanted, model: str, findings: Sequence[Checked]) -> Review:
    """What a review that does not come to its end found until now, as a review that was stopped."""
    created = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    names = tuple(Path(name).stem for name in wanted.checklists)
    found = merge(findings)
    return Review(scope.root, scope.what, names, model, created, found, (), scope.omitted, True, scope.notes)


def _in_order(findings: Sequence[Checked]) -> tuple[Checked, ...]:
    def order(checked: Checked) -> tuple[int, str, int]:
        finding = checked.finding
        return SEVERITIES.index(finding.severity), finding.path, finding.first

    return tuple(sorted(findings, key=order))


def _first(wanted: Wanted) -> Path:
    if not wanted.paths:
        raise ScopeRefused("There is no code whose changes could be reviewed.", hint="Add a folder of a repository.")
    return wanted.paths[0]
