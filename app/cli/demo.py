"""No subcommand: the main job on the bundled sample, in the terminal, and what to type next."""

from __future__ import annotations

import json
from pathlib import Path

from app.cli.output import note, print_text

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample"
QUESTIONS_SHOWN = 2
PASSAGES_SHOWN = 2

NEXT = """
Now with your own files:

  uv run main.py ask FOLDER -q "Your question?"     answer, with every citation checked
  uv run main.py tokens FOLDER                      what it takes of the context, exactly
  uv run main.py sessions list                      what was asked before
  uv run main.py --help                             everything else
"""


def run() -> None:
    """Answer the sample's first questions. Raises what `ask` raises."""
    from app.cli.asking import Asking
    from app.cli.preparing import Options
    from app.core.screen import why_no_window

    reason = why_no_window()
    note(f"{reason} This is the main job in the terminal, on the sample that comes with the program.".strip())
    rows = json.loads((SAMPLE / "questions.json").read_text(encoding="utf-8"))
    questions = [row["question"] for row in rows[:QUESTIONS_SHOWN]]
    sample = SAMPLE / "workspace"
    print_text(f"Reading {_near(sample)}")
    options = Options(paths=[str(sample)], questions=questions, save=False, passages=PASSAGES_SHOWN)
    Asking(options, as_json=False).run()
    print_text(NEXT, end="")


def _near(path: Path) -> str:
    """`path` as it would be typed from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
