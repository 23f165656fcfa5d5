"""A model's vocabulary for the length of a command, without its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.cli.output import note

if TYPE_CHECKING:
    from engine.backends.local import LocalBackend


@contextmanager
def vocabulary(model: str | None) -> Iterator[LocalBackend | None]:
    """An engine with only the vocabulary loaded, None when there is no model. Raises engine errors."""
    from app.core.models import find_model, open_engine
    from engine.protocol import LoadOptions

    path = find_model(model)
    if path is None:
        yield None
        return
    backend = open_engine()
    try:
        backend.load(LoadOptions(path=str(path), n_ctx=0, vocabulary_only=True))
        if backend.notice:
            note(backend.notice)
        yield backend
    finally:
        backend.close()
