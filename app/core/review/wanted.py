"""What a person wants reviewed, what there is to choose from, and what a review under way tells. Plain frozen data.

Knows no model, no files and no window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from app.core.review.finding import Checked, Review

if TYPE_CHECKING:
    from app.core.answering import Settings
    from app.core.review.running import ReviewProgress
    from app.core.review.scope import Scope
    from engine.backends.base import Backend

What = Literal["everything", "files", "changes", "patch"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to review. paths: folders, files, archives. checklists: names, or paths of a person's own.

    files: of `paths` only these, where `what` is "files". since: as Git writes revisions, such as "main...HEAD", in the
    repository that holds the first of `paths`. patch: a file; it is for the first of `paths` where that is a folder.
    only_changed: of that only files that are not as they were in the review before.
    """

    what: What = "everything"
    paths: tuple[Path, ...] = ()
    files: tuple[str, ...] = ()
    since: str = ""
    patch: Path | None = None
    checklists: tuple[str, ...] = ()
    only_changed: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A checklist that can be chosen. name: how `Wanted` names it; a path for one that a person brought along."""

    name: str
    title: str
    about: str
    items: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from. whole: what `paths` are, in words. files: path and shown name of each file.

    first: what is most likely meant. patch: the one that was dropped. dropped: just now, and not among the session's
    sources. model: in words, "" for none.
    """

    paths: tuple[Path, ...]
    whole: str
    files: tuple[tuple[str, str], ...]
    repository: Path | None
    checklists: tuple[Listed, ...]
    chosen: tuple[str, ...]
    model: str
    first: What = "everything"
    patch: Path | None = None
    dropped: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review with the code that it is about, as it was reviewed, by path.

    known: of files of which only some lines were at hand, those lines; see Scope.
    """

    review: Review
    texts: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a review under way tells, from its own thread, and asks: whether it is to stop.

    code: what is reviewed, as soon as it is known.
    """

    progress: Callable[[ReviewProgress], None]
    found: Callable[[Checked], None]
    code: Callable[[Scope], None]
    stop: Callable[[], bool]


class Work(Protocol):
    """Does a review, however long it takes. Raises what the world did wrong."""

    def __call__(
        self, wanted: Wanted, heard: Heard, backend: Backend, settings: Settings, before: Reviewed | None
    ) -> Reviewed:
        """before: what the same person reviewed before, where only what changed since is wanted."""
        ...
