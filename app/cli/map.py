"""`map PATH...`: what other files of a source tree use most, with signatures, in as many tokens as there is room."""

from __future__ import annotations

import time

import click

from app.cli.counting import vocabulary
from app.cli.output import WorkFailed, note, print_json, print_text
from app.cli.sources import note_problems, read_sources, require_text, section_json, skipped_json

DEFAULT_TOKENS = 4_000

HELP = """Draw a map of source files: what other files use most, with signatures, in a budget of tokens.

Lines are the files' own; "… 41 lines" stands for what is left out. `ask` and `tokens` take such a map in the
place of the source files with --map N.

\b
JSON fields (stable; more may be added):
  files      [{label, text, tokens, span, line_map}], best first
             label: the file below the folder that all share. span: lines
             [first, last] of the file and part, the label. line_map: the
             file's line (1-based) of each line of text. The last one may
             say how many files are left out; its span is {}.
  tokens     of the whole map as a document of a prompt: at most "budget"
  budget     --tokens
  skipped    [{path, reason}]
  counted_by tiktoken | llama.cpp (both exact)
  model      the GGUF's path
  seconds    {total, read, map}
"""


@click.command(name="map", help=HELP)
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--tokens",
    type=click.IntRange(min=1),
    default=DEFAULT_TOKENS,
    show_default=True,
    metavar="N",
    help="At most so many tokens, heading and marks included.",
)
@click.option("--model", metavar="FILE", help="The GGUF to count for (default: the bundled model).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(paths: tuple[str, ...], tokens: int, model: str | None, as_json: bool) -> None:
    """See HELP."""
    from app.core.assemble import count_documents
    from app.core.mapping import map_within
    from app.core.models import mark_style
    from app.core.prompt import PromptDocument

    started = time.perf_counter()
    ingested = read_sources(paths)
    note_problems(ingested)
    require_text(ingested)
    read = time.perf_counter() - started
    with vocabulary(model) as backend:
        if backend is None:
            raise WorkFailed("A map needs a model's vocabulary and there is none.", hint="Name one with --model FILE.")
        style = mark_style(backend.info)
        found, taken = map_within(ingested.documents, tokens, backend, style)
        if not found.sections:
            raise WorkFailed(
                found.problem or "", hint="Name source files, or give more room with --tokens N.", kind="nothing_mapped"
            )
        counts = count_documents(backend, [PromptDocument("S1", found.path, found.kind, found.sections)], style)[0]
        counted_by, path = backend.counted_by, backend.info.path
    total = time.perf_counter() - started
    if as_json:
        files = [section_json(s, tokens=n, with_text=True) for s, n in zip(found.sections, counts[1:], strict=True)]
        print_json(
            {
                "files": files,
                "tokens": taken,
                "budget": tokens,
                "skipped": skipped_json(ingested.skipped),
                "counted_by": counted_by,
                "model": path,
                "seconds": {"total": total, "read": read, "map": total - read},
            }
        )
        return
    for section in found.sections:
        if section.span.lines is not None:
            print_text(section.label)
        print_text(section.text)
    note(f"{taken:,} of {tokens:,} tokens, {total:.1f} s")
