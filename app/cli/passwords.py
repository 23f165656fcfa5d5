"""`--password` and `--password-file`, which every command takes that reads PDFs. What they say is shown nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from app.cli.output import UsageError

HELP = """
\b
Passwords of PDFs (tried in order, first those of --password, on each PDF that
asks for one; kept nowhere). A shell keeps what is typed into it, and other
users of the computer may see it: --password-file is the better way.
"""

_LARGEST_FILE = 1 << 20
F = TypeVar("F", bound=Callable[..., Any])


def password_options(command: F) -> F:
    """Give `command` the parameters `password` and `password_file`, both tuples of strings."""
    single = click.option("--password", multiple=True, metavar="TEXT", help="A PDF's password; may be repeated.")
    file = click.option("--password-file", multiple=True, metavar="FILE", help="A file with one password per line.")
    return single(file(command))


def passwords_from(password: Sequence[str], password_file: Sequence[str]) -> tuple[str, ...]:
    """All that were given, each once, in order. Raises UsageError when a file cannot be read."""
    found = [*password]
    for name in password_file:
        found += _lines(name)
    return tuple(dict.fromkeys(one for one in found if one))


def _lines(name: str) -> list[str]:
    try:
        # Not only a regular file: a pipe from another program leaves no trace on the disk.
        with Path(name).open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise UsageError(f"The password file {name} is larger than 1 MB.", hint="Write one password per line.")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"The password file {name} cannot be read: {error.strerror or error}.", hint="Check its name."
        ) from error
    except UnicodeDecodeError:
        # Nothing of the file may be in a message, not even as the cause of another.
        raise UsageError(f"The password file {name} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    # Blanks may belong to a password; only the end of the line does not.
    return [line.removesuffix("\r") for line in text.split("\n")]
