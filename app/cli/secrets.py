"""`--secrets`, which every command takes that reads files: what becomes of keys, tokens and passwords in them.

What they are is said nowhere; how many there are and where, always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar, cast

import click

from app.cli.output import note
from app.core.workspace import shown_path
from ingest.document import Document, Secret, Skipped
from ingest.errors import IngestError
from ingest.view import View

HELP = """
\b
Secrets (--secrets): what looks like a key, a token or a password that was
assigned is kept as it stands, masked («secret: its kind» in its place), or
the sources that hold any are left out. One sentence says how many there are
and in which files, never what they are. Nothing is asked of the network.
JSON: documents have "secrets" [{kind, lines or page}].
"""

Choice = Literal["keep", "mask", "leave-out"]
_NAMED = 5

F = TypeVar("F", bound=Callable[..., Any])


def secrets_options(command: F) -> F:
    """Give `command` the parameter `secrets`, a Choice."""
    return click.option(
        "--secrets",
        type=click.Choice(["keep", "mask", "leave-out"]),
        default="keep",
        help="What becomes of secrets in sources (default: keep; see above).",
    )(command)


class SecretsIn:
    """What was found while sources were read."""

    def __init__(self, choice: str) -> None:
        self._choice = cast("Choice", choice)
        self._found: dict[str, int] = {}

    def view(self, view: View) -> View:
        """`view`, masked where that was chosen."""
        return replace(view, mask=True) if self._choice == "mask" else view

    def look(self, document: Document) -> Document | Skipped:
        """`document` with its secrets, those in logs too, or why it is left out."""
        from ingest.masking import with_secrets

        # Everything but logs was looked through when it was read.
        if self._choice != "mask" and document.kind == "log":
            try:
                document = with_secrets(document, lazy=True)
            except IngestError as error:
                return Skipped(document.path, str(error).rstrip("."))
        if document.secrets and self._choice == "leave-out":
            return Skipped(document.path, f"it holds what looks like {_counted(document.secrets)}")
        if document.secrets:
            self._found[document.path] = len(document.secrets)
        return document

    def say(self) -> None:
        """One sentence on standard error when there were any that the model may read, or that were masked."""
        if not self._found:
            return
        number, files = sum(self._found.values()), [shown_path(path) for path in self._found]
        more = f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
        what = f"{number:,} {'secret' if number == 1 else 'secrets'} in {', '.join(files[:_NAMED])}{more}"
        if self._choice == "mask":
            note(f"Masked what looks like {what}.")
        else:
            note(f"Read as it stands: what looks like {what}; --secrets mask hides it, --secrets leave-out the files.")


def secrets_json(document: Document) -> list[dict[str, Any]]:
    """The "secrets" field."""
    return [_secret_json(document, secret) for secret in document.secrets]


def _secret_json(document: Document, secret: Secret) -> dict[str, Any]:
    section = document.sections[secret.section]
    place = section.locate(secret.start, secret.end)
    value: dict[str, Any] = {"kind": secret.kind}
    if place.part:
        value["part"] = place.part
    if place.page is not None:
        value["page"] = place.page
    if place.lines is not None:
        value["lines"] = list(place.lines)
    return value


def _counted(secrets: Sequence[Secret]) -> str:
    kinds = ", ".join(dict.fromkeys(secret.kind for secret in secrets))
    return f"a secret ({kinds})" if len(secrets) == 1 else f"{len(secrets):,} secrets ({kinds})"
