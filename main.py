"""The door: no argument, or files, opens the window; a subcommand runs headless; --engine is the engine's child."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run what the arguments ask for; the process's exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--engine"]:
        from engine.worker import serve

        serve()
        return 0
    if _names_only_files(arguments):
        from app.core.screen import why_no_window

        if not why_no_window():
            from app.ui.application import run as open_window

            return open_window([Path(argument) for argument in arguments])
    from app.cli.main import run

    return run(arguments)


def _names_only_files(arguments: list[str]) -> bool:
    """Whether nothing, or nothing but files and folders, was named; a command wins over a file of its name."""
    if not arguments:
        return True
    from app.cli.main import COMMANDS

    return not any(a.startswith("-") or a in COMMANDS or not Path(a).exists() for a in arguments)


if __name__ == "__main__":
    sys.exit(main())
