"""Where the program keeps what is its own: sessions, self-checks, what was read of documents, logs. Creates nothing.

PLUMBLINE_DATA moves all of it, for portable installations and for tests.
"""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT_VARIABLE = "PLUMBLINE_DATA"
DATABASE_NAME = "plumbline.db"
STATES_NAME = "read"
CHECKS_NAME = "selfcheck.db"


def data_dir() -> Path:
    """The directory of the session file: PLUMBLINE_DATA, else where the platform wants a program's data."""
    if moved := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(moved).expanduser()
    from platformdirs import user_data_path

    return user_data_path("plumbline", appauthor=False)


def log_dir() -> Path:
    """The directory of log files: `log` inside PLUMBLINE_DATA, else where the platform wants them."""
    if os.environ.get(ENVIRONMENT_VARIABLE):
        return data_dir() / "log"
    from platformdirs import user_log_path

    return user_log_path("plumbline", appauthor=False)


def database_path() -> Path:
    """The session file."""
    return data_dir() / DATABASE_NAME


def states_dir() -> Path:
    """The directory of what the engine read of sessions' documents."""
    return data_dir() / STATES_NAME


def checks_path() -> Path:
    """The file of self-checks."""
    return data_dir() / CHECKS_NAME
