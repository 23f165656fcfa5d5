"""What there is to choose from before a review: files, checklists, a repository. Knows no window and no model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app.core.review.checklists import DEFAULT, Checklist, load_checklists, read_checklist
from app.core.review.scope import files_in_words
from app.core.review.wanted import Listed, Offer
from ingest.document import Document
from ingest.files import shown

MOST_FILES = 2_000
"""Of more files none are offered one by one: nobody ticks so many."""

_PATCHES = (".patch", ".diff")


def offer_sources(documents: Sequence[Document], *, model: str) -> Offer:
    """What can be reviewed of a session's sources. model: in words, "" for none."""
    code = [document for document in documents if document.kind == "code" and Path(document.path).is_absolute()]
    paths = tuple(dict.fromkeys(Path(document.archive or document.path) for document in code))
    alone = [Path(document.path) for document in code if document.archive is None]
    whole = f"All code among the sources, {files_in_words(len(code))}" if code else "All code among the sources"
    patch = next((Path(d.path) for d in documents if d.kind == "diff" and Path(d.path).is_file()), None)
    offer = _offer(paths, whole, alone, model)
    return replace(offer, patch=patch, first="everything" if code or patch is None else "patch")


def offer_dropped(paths: Sequence[Path], *, model: str, stop: Callable[[], bool] = lambda: False) -> Offer:
    """What can be reviewed of files and folders that were dropped. Raises Stopped."""
    from ingest.errors import Stopped
    from ingest.tree import walk

    def check() -> None:
        if stop():
            raise Stopped("Looking through what was dropped was stopped.")

    rest = tuple(path for path in paths if path.suffix.lower() not in _PATCHES or path.is_dir())
    patch = next((path for path in paths if path not in rest), None)
    found = [Path(one.path) for one in walk([str(path) for path in rest], check=check).files if not one.inside]
    files = [path for path in found if path not in rest or len(rest) > 1]
    name = shown(rest[0].name) if len(rest) == 1 else files_in_words(len(found))
    offer = _offer(rest, f"Everything in {name}" if rest else "All code", files, model)
    return replace(offer, patch=patch, first="patch" if patch is not None and not rest else "everything", dropped=True)


def own_list(path: Path) -> Listed:
    """A checklist of a person's own. Raises ChecklistRefused."""
    return _listed(read_checklist(path), str(path))


def _offer(paths: tuple[Path, ...], whole: str, files: Sequence[Path], model: str) -> Offer:
    checklists, problems = load_checklists()
    return Offer(
        paths,
        whole,
        _named(files) if 1 < len(files) <= MOST_FILES else (),
        next((found for path in paths[:1] if (found := repository_above(path)) is not None), None),
        tuple(_listed(checklists[name], name) for name in sorted(checklists, key=_likely)),
        tuple(name for name in DEFAULT if name in checklists),
        model,
        problems=problems,
    )


def _likely(name: str) -> tuple[bool, str]:
    return name not in DEFAULT, name


def _listed(checklist: Checklist, name: str) -> Listed:
    return Listed(name, checklist.title, checklist.about, len(checklist.items))


def _named(files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Each path, and what of it tells it from the others."""
    common = Path(os.path.commonpath([str(path.parent) for path in files]))
    return tuple((str(path), path.relative_to(common).as_posix()) for path in sorted(files))


def repository_above(path: Path) -> Path | None:
    """The Git work tree that holds `path`, None for none."""
    return next((folder for folder in (path, *path.parents) if (folder / ".git").exists()), None)
