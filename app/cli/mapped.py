"""`--map N`, which commands take that read source files for a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from app.cli.output import UsageError, WorkFailed, note
from ingest.document import Ingested
from ingest.view import View

HELP = """
\b
Map of source files: with --map N they are not read whole; one document
<map> in their place shows what other files use most, with signatures, in at
most N tokens (see `map --help`). Its sections are the files.
"""

F = TypeVar("F", bound=Callable[..., Any])


def map_option(command: F) -> F:
    """Give `command` the parameter `map_tokens` (a number or None)."""
    return click.option(
        "--map",
        "map_tokens",
        type=click.IntRange(min=1),
        metavar="N",
        help="A map of N tokens in the place of source files.",
    )(command)


def with_map(ingested: Ingested, tokens: int | None, model: str | None, view: View) -> Ingested:
    """`ingested` with a map where one is wanted; says what cannot be mapped.

    Raises WorkFailed without a model, UsageError when the files were not read whole.
    """
    if tokens is None:
        return ingested
    if view.detail in ("outline", "name"):
        raise UsageError(f"--map and --detail {view.detail} exclude each other.", hint="Leave one of them out.")
    from app.cli.counting import vocabulary
    from app.core import mapping
    from app.core.models import mark_style

    with vocabulary(model) as backend:
        if backend is None:
            raise WorkFailed("A map needs a model's vocabulary and there is none.", hint="Name one with --model FILE.")
        documents, found = mapping.with_map(ingested.documents, tokens, backend, mark_style(backend.info))
    if found.problem:
        note(f"--map {tokens}: {found.problem}")
    return replace(ingested, documents=documents)
