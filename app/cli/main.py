"""Finds the command, runs it, and turns whatever happens into an exit code and one clear sentence.

0 done, 1 the work failed, 2 bad usage, 3 findings (of the review command). Commands are imported only when
they are called, so that `--help` and `sessions` start fast. Knows no Qt.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from app.cli.output import UsageError, WorkFailed, error_json, hint_for, note, print_json

COMMANDS: Mapping[str, tuple[str, str]] = {
    "ask": ("app.cli.ask", "Answer questions from documents, with verified citations."),
    "check": ("app.cli.check", "Measure how much of its context a model really uses on this computer."),
    "devices": ("app.cli.devices", "List what the installed llama.cpp can compute on: processors, GPUs, RPC servers."),
    "ingest": ("app.cli.ingest", "Read documents and show what the model would be given."),
    "logs": ("app.cli.logs", "Say what logs hold: format, times, levels, sources, records over time."),
    "map": ("app.cli.map", "Draw a map of source files in a budget of tokens: what other files use most."),
    "models": ("app.cli.models", "List models, and what loading each takes of this computer's memory."),
    "page": ("app.cli.page", "Write a page of a PDF as a picture."),
    "plan": ("app.cli.plan", "Say what a model takes of memory, and whether it fits, before it is loaded."),
    "review": ("app.cli.review", "Review code with checklists; every finding is held against the code."),
    "sessions": ("app.cli.sessions", "List, show, search, rename, delete, branch, export and import saved sessions."),
    "states": ("app.cli.states", "List what was read of documents and is kept on disk; free the disk of it."),
    "tune": ("app.cli.tune", "Measure for a minute with which threads and batches a model is fastest here."),
    "tokens": ("app.cli.tokens", "Count documents exactly against a model's context."),
}


class _Commands(click.Group):
    """A group whose commands are modules with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="plumbline")
@click.pass_context
def plumbline(ctx: click.Context) -> None:
    """Ask long documents, code and logs on this machine; every citation is checked word for word.

    Every command takes --json: the result goes to standard output, progress and remarks to standard error.
    Exit codes: 0 done, 1 the work failed, 2 bad usage, 3 findings (review --fail-on).
    Errors as JSON: {"error": {"kind", "message", "hint"}}.
    Without a command the window opens; files and folders that are named are added to it.

    """
    if ctx.invoked_subcommand is None:
        from app.cli.demo import run as demo

        demo()


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the process's exit code. Prints; never raises for what users or files did."""
    as_json = "--json" in arguments
    try:
        code = plumbline.main(args=list(arguments), prog_name="main.py", standalone_mode=False)
    except click.UsageError as error:
        hint = f"Try: {error.ctx.command_path} --help" if error.ctx else "Try: main.py --help"
        return _fail(2, "usage", error.format_message(), hint, as_json=as_json)
    except UsageError as error:
        return _fail(2, error.kind, str(error), error.hint, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return _fail(1, "cancelled", "Stopped.", "", as_json=as_json)
    except BrokenPipeError:
        # Whoever read the output has left (`| head`); what Python still holds back must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        return _failed(error, as_json=as_json)
    return code if isinstance(code, int) else 0


def _failed(error: Exception, *, as_json: bool) -> int:
    from app.core.failures import describe

    known = describe(error)
    if isinstance(error, WorkFailed):
        return _fail(1, error.kind, str(error), error.hint, as_json=as_json)
    if known is not None:
        return _fail(1, known.kind, known.message, hint_for(known), details=known.details, as_json=as_json)
    from app.core.logfile import write_traceback

    where = write_traceback(error)
    message = f"Something went wrong in Plumbline itself ({type(error).__name__})."
    return _fail(1, "bug", message, f"Details are in {where}.", as_json=as_json)


def _fail(
    code: int, kind: str, message: str, hint: str, *, details: Mapping[str, Any] | None = None, as_json: bool
) -> int:
    if as_json:
        print_json(error_json(kind, message, hint, details))
    note(f"{message} {hint}".strip())
    return code
