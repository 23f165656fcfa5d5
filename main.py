"""The door: no argument opens the program, a subcommand runs headless, --engine is the engine's child process."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for; the process's exit code."""
    if sys.argv[1:] == ["--engine"]:
        from engine.worker import serve

        serve()
        return 0
    from app.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
