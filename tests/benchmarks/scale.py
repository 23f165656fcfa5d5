"""A workspace of about 10 million tokens: read, counted, searched, saved, reopened; seconds and peak memory of each.

    uv run python -m tests.benchmarks.scale [megabytes] [MODEL.gguf]

Each step runs in a process of its own, so that its peak is its own. Beside it, in the same run, what the raw library
needs for the bare minimum of that step: reading the bytes, tiktoken, inserting into SQLite.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.make_gguf import LANGUAGES, sample_vocabulary, write_random
from tests.running import ROOT

MEGABYTES = 40


def write_workspace(folder: Path, megabytes: float) -> None:
    """Prose, code and logs in about equal parts, files from 20 to 800 kilobytes."""
    chosen = random.Random(1)
    lines = [line for line in LANGUAGES.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    kinds: dict[str, Callable[[int], str]] = {
        "txt": lambda n: " ".join(chosen.choices(lines, k=4)) + "\n" + ("\n" if n % 3 == 0 else ""),
        "py": lambda n: f"def handler_{n}(order):\n    return charge(order, {chosen.randrange(10**6)})\n\n\n",
        "log": lambda n: (
            f"2026-03-14T10:{n // 60 % 60:02}:{n % 60:02} INFO worker-{n % 9} request {n} took {n % 71} ms\n"
        ),
    }
    written = number = 0
    while written < megabytes * 1e6:
        ending = ("txt", "py", "log")[number % 3]
        size = chosen.choice((20_000, 200_000, 800_000))
        parts: list[str] = []
        length = 0
        while length < size:
            parts.append(kinds[ending](len(parts)))
            length += len(parts[-1])
        path = folder / f"part{number % 7}" / f"file{number}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(parts), encoding="utf-8")
        written += path.stat().st_size
        number += 1
    (folder / "needle.txt").write_text("The password of the harbour office is swordfish.\n")


def step(name: str, folder: Path) -> dict[str, Any]:
    """One step in this process: its seconds, those of the raw library, and what it found."""
    from app.core.workspace import Workspace
    from ingest.open_path import open_paths

    source, data = folder / "workspace", folder / "plumbline.db"
    started = time.perf_counter()
    if name == "raw reading":
        size = sum(len(p.read_bytes()) for p in source.rglob("*") if p.is_file())
        return {"seconds": time.perf_counter() - started, "found": f"{size / 1e6:.1f} MB"}
    ingested = open_paths([source])
    read = time.perf_counter() - started
    if name == "read":
        return {"seconds": read, "found": f"{len(ingested.documents):,} documents"}
    workspace = Workspace().add(ingested.documents, [source])
    started = time.perf_counter()
    if name in ("count", "raw tiktoken"):
        return {**_count(name, folder, workspace), "read": read}
    if name == "search":
        from app.core.answering import EvidenceReader

        with EvidenceReader(workspace) as reader:
            indexed = time.perf_counter() - started
            reply = reader.ask("What is the password of the harbour office?")
            asked = reply.seconds["total"]
            best = reader.entries[reply.passages[0].document].name
        return {"seconds": indexed, "found": f"then {asked:.3f} s per question, best passage in {best}"}
    from app.core.sessions import Store

    with Store.open(data) as store:
        if name == "save":
            store.add_documents(store.create("scale"), workspace.entries)
            seconds = time.perf_counter() - started
            size = sum(p.stat().st_size for p in folder.glob("plumbline.db*"))
            return {"seconds": seconds, "found": f"{size / 1e6:.0f} MB of files"}
        started = time.perf_counter()
        record = store.load(store.find("scale"))
        return {"seconds": time.perf_counter() - started, "found": f"{len(record.workspace.entries):,} documents"}


def _count(name: str, folder: Path, workspace: Any) -> dict[str, Any]:
    from app.core.assemble import count_documents
    from app.core.marks import MarkStyle
    from app.core.models import mark_style, open_engine
    from app.core.prompt import mark_documents
    from engine.gguf_file import read_gguf
    from engine.protocol import LoadOptions
    from engine.tokenizer import build

    model = folder / "model.gguf"
    documents = workspace.prompt_documents()
    if name == "raw tiktoken":
        gguf = read_gguf(model)
        tokenizer = build(gguf)
        assert tokenizer is not None
        style: MarkStyle = "numbered" if gguf.metadata.get("plumbline.marks") == "numbered" else "header"
        started = time.perf_counter()
        total = sum(len(tokenizer._encoding.encode_ordinary(p.text)) for p in mark_documents(documents, style))
    else:
        backend = open_engine()
        backend.load(LoadOptions(str(model), 0, vocabulary_only=True))
        started = time.perf_counter()
        total = sum(map(sum, count_documents(backend, documents, mark_style(backend.info))))
        backend.close()
    return {"seconds": time.perf_counter() - started, "found": f"{total:,} tokens"}


STEPS = ("raw reading", "read", "raw tiktoken", "count", "search", "save", "reopen")


def main() -> None:
    """Run the steps and print them; with --step, be one of them."""
    if sys.argv[1:2] == ["--step"]:
        result = step(sys.argv[2], Path(sys.argv[3]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "peak": peak}))
        return
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "workspace").mkdir()
        write_workspace(folder / "workspace", megabytes)
        if len(sys.argv) > 2:
            (folder / "model.gguf").symlink_to(Path(sys.argv[2]).resolve())
        else:
            write_random(folder / "model.gguf", vocabulary=sample_vocabulary(size=4000))
        seconds: dict[str, float] = {}
        for each in STEPS:
            command = [sys.executable, "-m", "tests.benchmarks.scale", "--step", each, str(folder)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            result = json.loads(done.stdout)
            seconds[each] = result["seconds"]
            print(f"{each:14} {result['seconds']:7.2f} s  peak {result['peak']:6.0f} MB  {result['found']}", flush=True)
    print(f"ratios: read / raw reading {seconds['read'] / seconds['raw reading']:.1f}", end=", ")
    print(f"count / raw tiktoken {seconds['count'] / seconds['raw tiktoken']:.2f}")


if __name__ == "__main__":
    main()
