"""Seconds to read 1,000 source files as outlines, names or a map, each against reading them whole in the same run; and
how much of what other files import the top of a map holds.

    uv run tests/benchmarks/ingest_outline.py [--quick]

What is imported is known from Python's own `ast`: for each "from module import name" that leads to a file of the
package. The share of these imports that leads to the top tenth of the files is compared for several orders; "best
possible" is the order by the imports themselves.

Seen on two cores that others used too: 1,000 files of 14.1 MB as outlines 4.5 s at best and 13 s at worst (a sixth
of the characters is left), as names less than reading them whole, a map as long as outlines; a generated file of 1
MB 1.6 s, one of 5 MB is refused at once. Of all imports 41 to 95 % lead to the top tenth of a map's files, which is
0.59 to 1.0 of the best possible order (PageRank: 0.57 to 0.98, for no package more than the plain sum; the largest
files: 0.04 to 0.9).
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import site
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from ingest.document import Document, Section  # noqa: E402
from ingest.open_path import open_paths  # noqa: E402
from ingest.outline import outline, symbols  # noqa: E402
from ingest.repo_map import _files, _usable, rank, repo_map  # noqa: E402
from ingest.view import Detail, View  # noqa: E402
from tests.benchmarks.ingest import best, show  # noqa: E402

FILES, TOKENS = 1_000, 4_000
PACKAGES = ("sqlite_utils", "markdown_it", "pygments", "openpyxl", "rich", "hypothesis", "mypy", "docx", "networkx")


def sources(count: int) -> list[Path]:
    """Python files of the installed packages, the same from run to run."""
    found: list[Path] = []
    for folder in site.getsitepackages():
        for package in PACKAGES:
            found += sorted((Path(folder) / package).rglob("*.py"))
    return found[:count]


def compare(folder: Path, *, quick: bool) -> None:
    """Views of many files against reading them whole, and the length of what is read."""
    paths = sources(FILES // 10 if quick else FILES)
    tree = folder / "sources"
    for number, path in enumerate(paths):
        copy = tree / f"part{number % 20}" / f"{number}_{path.name}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    size = sum(path.stat().st_size for path in paths) / 1e6
    what = f"{len(paths):,} source files, {size:.1f} MB"
    symbols("a.py", "")
    rounds = 1 if quick else 3
    whole = best(rounds, lambda: open_paths([tree]))
    details: tuple[Detail, ...] = ("outline", "name")
    characters = _length(open_paths([tree]).documents)
    for detail in details:
        view = View(detail=detail)
        show(f"{what}: as {detail}", best(rounds, lambda view=view: open_paths([tree], view=view)), whole)  # type: ignore[misc]
        less = _length(open_paths([tree], view=view).documents)
        print(f"{'':<58} {less / characters:7.1%} of the characters")
    documents = open_paths([tree]).documents
    show(f"{what}: a map", best(rounds, lambda: repo_map(documents, _estimate, TOKENS)), whole)
    generated(quick=quick)


def generated(*, quick: bool) -> None:
    """Files that a program wrote: how long, and what this process and its reader hold afterwards."""
    for megabytes in (0.9, 5.0) if not quick else (0.3,):
        text = "".join(
            f"def function_{n}(x: int) -> int:\n    return x + {n}\n\n" for n in range(int(megabytes * 19_000))
        )
        began = time.perf_counter()
        found = outline("generated.py", text)
        seconds = time.perf_counter() - began
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"generated, {len(text) / 1e6:.1f} MB: {len(found.symbols):,} symbols in {seconds:.2f} s, {own:.0f} MB here"
        )


def quality(packages: Sequence[Path]) -> None:
    """For each package, the share of imports that leads to the top tenth of the files, for several orders."""
    print(f"{'imports that lead to the top tenth of the files':<58} map   PageRank   by size   best possible   symbols")
    for package in packages:
        documents = [d for d in open_paths([package]).documents if d.path.endswith((".py", ".pyi"))]
        truth, names = imports(documents, package)
        if sum(truth.values()) < 100:
            continue
        folder = _common(documents)
        ranked = rank(documents)
        orders = [
            [f"{folder}/{r.path}" for r in ranked],
            pagerank(documents),
            [d.path for d in sorted(documents, key=lambda d: -d.size)],
            [path for path, _ in truth.most_common()],
        ]
        top = max(1, len(documents) // 10)
        shares = [sum(truth[path] for path in order[:top]) / sum(truth.values()) for order in orders]
        best_symbols = {one for one, _ in names.most_common(50)}
        scored = sorted(
            ((score, f"{folder}/{r.path}", s.name) for r in ranked for s, score in r.symbols), key=lambda one: -one[0]
        )
        hit = len({(path, name) for _, path, name in scored[:100]} & best_symbols) / len(best_symbols)
        what = f"{package.name}: {len(documents):,} files, {sum(truth.values()):,} imports"
        print(f"{what:<56} {shares[0]:5.0%} {shares[1]:10.0%} {shares[2]:9.0%} {shares[3]:15.0%} {hit:9.0%}")
    print("symbols: how many of the 50 that are imported most are among the map's first 100")


def imports(documents: Sequence[Document], package: Path) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How often each file, and each name of it, is imported by another file."""
    by_module: dict[str, str] = {}
    for document in documents:
        parts = Path(document.path).relative_to(package.parent).with_suffix("").parts
        by_module[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = document.path
    # A folder that is no package but holds several: its modules are named from inside it.
    by_module |= {name.partition(".")[2]: path for name, path in by_module.items() if name.partition(".")[2]}
    defined = {
        d.path: {s.name for s in symbols(Path(d.path).name, d.sections[0].text)} for d in documents if d.sections
    }
    files: Counter[str] = Counter()
    names: Counter[tuple[str, str]] = Counter()
    for document in documents:
        if not document.sections:
            continue
        own = Path(document.path).relative_to(package.parent).with_suffix("").parts
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(document.sections[0].text)
            except SyntaxError:
                continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            base = ".".join(own[: len(own) - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            path = by_module.get(module)
            for alias in node.names:
                if path and path != document.path and alias.name in defined.get(path, ()):
                    files[path] += 1
                    names[path, alias.name] += 1
    return files, names


def pagerank(documents: Sequence[Document]) -> list[str]:
    """Paths by PageRank over the same references that the map adds up."""
    files = _files(documents)
    owners: dict[str, set[int]] = defaultdict(set)
    for number, file in enumerate(files):
        for symbol in file.found.symbols:
            if _usable(symbol):
                owners[symbol.name].add(number)
    edges: list[dict[int, float]] = [defaultdict(float) for _ in files]
    for number, file in enumerate(files):
        for name, times in file.uses.items():
            for owner in owners[name] - {number}:
                edges[number][owner] += sqrt(times) / len(owners[name])
    ranks = [1 / len(files)] * len(files)
    for _ in range(60):
        flowed = [0.15 / len(files)] * len(files)
        for number, out in enumerate(edges):
            total = sum(out.values())
            for owner, weight in out.items():
                flowed[owner] += 0.85 * ranks[number] * weight / total
        lost = 1 - sum(flowed)
        ranks = [value + lost / len(files) for value in flowed]
    folder = _common(documents)
    return [f"{folder}/{files[n].label}" for n in sorted(range(len(files)), key=lambda n: -ranks[n])]


def _common(documents: Sequence[Document]) -> str:
    return os.path.commonpath([Path(d.path).parent for d in documents if d.sections])


def _length(documents: Sequence[Document]) -> int:
    return sum(len(section.text) for document in documents for section in document.sections)


def _estimate(section: Section) -> int:
    return len(section.text) // 4 + 8


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), quick=quick)
    installed = [Path(folder) / package for folder in site.getsitepackages() for package in PACKAGES]
    quality(
        [ROOT / "ingest", ROOT / "engine", ROOT / "app", *(p for p in installed if p.is_dir())][: 3 if quick else None]
    )


if __name__ == "__main__":
    main()
