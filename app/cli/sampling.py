"""Options of commands that ask a model: how its tokens are chosen, and what it is held to while it writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import UsageError

if TYPE_CHECKING:
    from engine.protocol import Sampling

MOST_BYTES = 1 << 20
"""Of a grammar or schema; more is another file named by mistake."""

HELP = """
How words are chosen: greedily, so that the same question has the same answer, unless --temperature is named. Inside
quotation marks the model is held to the documents' own words while it writes; --no-verbatim lets it write anything,
and what it quotes is still checked. --grammar and --schema decide the form of the whole answer instead.
"""


def sampling_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options; the command gets `sampling`, a function that makes engine.protocol.Sampling, and `verbatim`.

    That function raises UsageError.
    """

    @wraps(command)
    def with_sampling(
        *,
        temperature: float,
        top_p: float,
        min_p: float,
        seed: int,
        stop: tuple[str, ...],
        grammar: str | None,
        schema: str | None,
        no_verbatim: bool,
        **others: Any,
    ) -> None:
        def sampling() -> Sampling:
            from engine.protocol import Sampling

            if grammar is not None and schema is not None:
                raise UsageError("--grammar and --schema exclude each other.", hint="Leave one of them out.")
            return Sampling(
                temperature=temperature,
                top_p=top_p,
                min_p=min_p,
                seed=seed,
                stop=stop,
                grammar=_text("--grammar", grammar),
                schema=_text("--schema", schema),
            )

        command(sampling=sampling, verbatim=not no_verbatim, **others)

    options = [
        click.option(
            "--temperature",
            type=click.FloatRange(0, 10),
            default=0.0,
            metavar="X",
            help="0 (default): always the likeliest token.",
        ),
        click.option(
            "--top-p",
            type=click.FloatRange(0, 1),
            default=0.95,
            metavar="P",
            help="With --temperature (default: 0.95).",
        ),
        click.option(
            "--min-p", type=click.FloatRange(0, 1), default=0.0, metavar="P", help="With --temperature (default: 0)."
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**32 - 2), default=0, metavar="N", help="With --temperature (default: 0)."
        ),
        click.option("--stop", multiple=True, metavar="TEXT", help="End the answer in front of this; may be repeated."),
        click.option("--grammar", metavar="FILE", help="A GBNF grammar that the answer follows."),
        click.option("--schema", metavar="FILE", help="A JSON schema that the answer follows."),
        click.option("--no-verbatim", is_flag=True, help="Do not hold quotations to the documents while writing."),
    ]
    for option in reversed(options):
        with_sampling = option(with_sampling)
    return with_sampling


def _text(option: str, name: str | None) -> str:
    if name is None:
        return ""
    try:
        with Path(name).open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{option} {name} cannot be read: {error.strerror}.", hint="Check the path.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{option} {name} is no text in UTF-8.", hint="Check the file.") from None
    if len(raw) > MOST_BYTES or not text.strip():
        reason = "is empty" if not text.strip() else "is too large to be meant"
        raise UsageError(f"{option} {name} {reason}.", hint="Check the file.")
    return text
