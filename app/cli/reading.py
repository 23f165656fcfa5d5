"""The options that say how sources are read, the same for every command that takes PATH..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.cli.ocr import HELP as OCR_HELP
from app.cli.ocr import ocr_options
from app.cli.packed import HELP as PACKED_HELP
from app.cli.packed import diff_option
from app.cli.passwords import HELP as PASSWORDS_HELP
from app.cli.passwords import password_options
from app.cli.readers import HELP as READERS_HELP
from app.cli.readers import reader_options
from app.cli.secrets import HELP as SECRETS_HELP
from app.cli.secrets import secrets_options
from app.cli.viewing import HELP as VIEWING_HELP
from app.cli.viewing import viewing_options

HELP = PASSWORDS_HELP + OCR_HELP + VIEWING_HELP + READERS_HELP + SECRETS_HELP + PACKED_HELP


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Passwords, recognition, detail, limits, secrets and diffs."""
    for options in (diff_option, secrets_options, reader_options, viewing_options, ocr_options, password_options):
        command = options(command)
    return command
