"""A review of a large repository: seconds until the model begins to read, memory, tokens by pass, and what a second
review with another checklist reads.

    uv run python -m tests.benchmarks.review [--files N] [--passes N] [--ctx N] [MODEL.gguf]

The repository is generated, committed and reviewed as it is; then what its last commit changed. With so many files as
N passes hold the model reads and answers too (all of them would take hours on a small machine), twice, each time with
another checklist: the second time the engine brings what it read back from disk. Each figure stands beside a floor that
was measured in the same run: Git's own search through the files, counting their tokens, the checklist's own words.

Seen on two quiet cores, the bundled reader with 8,192 tokens: 5,001 files of 4.2 MB read in 0.4 s, shared out in 2.0 s,
so that reading begins after some 3 s; 62 MB of memory; 2,058,190 tokens in 417 passes of 3,310 to 5,028 behind 715 of
outline. Of a change in 50 files 22,846 tokens in 6 passes, the first begun after 1.8 s. Two passes with one checklist
read 6,834 and 5,333 tokens (1,509 that all passes share were there already); another process with another checklist
read 284 in each: the checklist and the end of the template.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from app.core.answering import Settings
from app.core.models import find_model, open_engine
from app.core.read_states import KeepRead
from app.core.review.asking import frame_for
from app.core.review.checklists import choose
from app.core.review.finding import PassReport
from app.core.review.git_scope import changes
from app.core.review.passes import plan_passes
from app.core.review.running import ReviewProgress, review
from app.core.review.scope import Scope, everything
from engine.backends.base import Backend
from engine.protocol import LoadOptions
from tests.core.review.repositories import commit, generated_tree, git, module

DATE = datetime.date(2026, 3, 14)


def megabytes() -> float:
    """Memory of this process, resident."""
    return psutil.Process().memory_info().rss / 1e6


def repository(folder: Path, files: int) -> Path:
    """Two commits: all files, and a change in each hundredth."""
    root = generated_tree(folder / "repository", files)
    git(root, "init", "-q", "-b", "main")
    commit(root, {"README.md": "# Generated\n"})
    changed = {
        f"package_{n // 50:03}/module_{n:05}.py": module(n).replace("total = 0", "total = 1")
        for n in range(0, files, 100)
    }
    commit(root, changed)
    return root


def planning(scope: Scope, backend: Backend, settings: Settings, said: str) -> None:
    """What has to be done before the first token is read, and how long it takes."""
    checklists = choose(["bugs", "security"])
    frame = frame_for(backend, settings, checklists)
    before, started = megabytes(), time.perf_counter()
    counted = backend.count(list(scope.texts.values()))
    floor = time.perf_counter() - started
    started = time.perf_counter()
    planned = plan_passes(scope, frame.room, backend.count)
    seconds = time.perf_counter() - started
    tokens = [one.tokens for one in planned.passes]
    print(
        f"{said}: {sum(tokens):,} tokens in {len(tokens):,} passes of {min(tokens):,} to {max(tokens):,}, each behind "
        f"{planned.common_tokens:,} tokens of outline and signatures (texts without line numbers: {sum(counted):,})"
    )
    print(
        f"  planned in {seconds:.1f} s, counting the texts alone takes {floor:.1f} s; "
        f"memory {before:,.0f} MB before, {megabytes():,.0f} MB after"
    )


def reading(scope: Scope, settings: Settings) -> None:
    """Two reviews with one checklist each, of another process each."""
    for name in ("bugs", "style"):
        backend = open_engine()
        try:
            started = time.perf_counter()
            first: list[float] = []

            def progress(state: ReviewProgress, started: float = started, first: list[float] = first) -> None:
                if state.stage == "reading" and not first:
                    first.append(time.perf_counter() - started)

            def told(report: PassReport) -> None:
                per_second = report.decoded / report.seconds if report.seconds else 0.0
                print(
                    f"  {report.checklist}, pass {report.number}: {len(report.files):,} files, "
                    f"prompt {report.prompt:,}, reused {report.reused:,}, read {report.decoded:,}, "
                    f"answer {report.answer:,}, {report.seconds:.1f} s ({per_second:,.0f} tokens/s read)"
                )

            made = review(scope, choose([name]), backend, settings, on_progress=progress, on_pass=told)
            backend.keep()
            total = time.perf_counter() - started
            decoded = sum(report.decoded for report in made.passes)
            words = backend.count([f"{item.id}: {item.look}" for item in choose([name])[0].items])
            print(
                f"{name}: first pass begun after {first[0]:.1f} s (model loaded); {decoded:,} tokens read in all, "
                f"the checklist's own words are {sum(words):,} in each of {len(made.passes)}; {total:.1f} s; "
                f"{len(made.findings)} findings, {sum(not report.problem for report in made.passes)} answers complete"
            )
        finally:
            backend.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--ctx", type=int, default=8_192)
    parser.add_argument("model", nargs="?")
    chosen = parser.parse_args()
    model = find_model(chosen.model)
    assert model is not None
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        root = repository(Path(folder), chosen.files)
        print(f"{chosen.files:,} files written and committed in {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        subprocess.run(["git", "grep", "-c", "total", "--", "*.py"], cwd=root, stdout=subprocess.DEVNULL, check=True)
        floor = time.perf_counter() - started
        started = time.perf_counter()
        scope = everything([root])
        seconds = time.perf_counter() - started
        size = sum(map(len, scope.texts.values()))
        print(
            f"everything: {scope.what}, {size / 1e6:.1f} MB, read in {seconds:.1f} s "
            f"({seconds / floor:.1f} times git grep over them), memory {megabytes():,.0f} MB"
        )
        started = time.perf_counter()
        changed = changes(root, "HEAD~1...HEAD")
        print(
            f"changes: {len(changed.texts):,} files, {len(changed.others):,} more for the outline, "
            f"{time.perf_counter() - started:.1f} s"
        )
        states = KeepRead(Path(folder) / "states", 1 << 34, "", 0.0)
        settings = Settings(model, DATE, n_ctx=chosen.ctx, max_answer=512, keep_read=states)
        backend = open_engine()
        try:
            backend.load(LoadOptions(str(model), chosen.ctx, vocabulary_only=True))
            planning(scope, backend, settings, "everything")
            planning(changed, backend, settings, "changes")
            frame = frame_for(backend, settings, choose(["bugs"]))
            passes = plan_passes(scope, frame.room, backend.count).passes[: chosen.passes]
        finally:
            backend.close()
        reading(scope.only([path for one in passes for path in one.paths]), settings)


if __name__ == "__main__":
    main()
