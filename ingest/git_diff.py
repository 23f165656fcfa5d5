"""What changed between two revisions of a Git repository, as a document of kind "diff".

Its path is that of the repository's folder and behind it "git diff A...B", so that a path is all it takes to read it
again. Git runs without anything that a hostile repository could make it execute: revisions are compared, never the
work tree, whose filters would be programs of the repository's choice.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.decode import Encoding, decode, encoding_problem
from ingest.diff import read_diff
from ingest.document import Document, Section, Status
from ingest.files import shown
from ingest.git_files import SAFE_OPTIONS, safe_environment
from ingest.sizes import size_words
from ingest.text import text_sections

SECONDS = 60.0
MOST_BYTES = 64_000_000

_FRONT = "git diff "
_STEP = 1 << 20
_REVISIONS = re.compile(r"(?P<old>[^\s\0]*?)(?P<dots>\.{2,3})(?P<new>[^\s\0]*)")
DIFF = (
    *SAFE_OPTIONS,
    "--no-pager",
    "diff",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--submodule=short",
    "--find-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    f"-O{os.devnull}",
)
"""Compares without running anything that the repository chose."""
USAGE = "Two revisions are compared as A...B (since they parted) or A..B, such as main...HEAD."
_CLOSER = "Compare revisions that lie closer together."
_FETCH = "The repository is a shallow clone; run git fetch --unshallow in it."


class Refused(Exception):
    """Git could not do it; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. check: called now and then; may raise. index: another file than the repository's own."""

    program: str
    folder: str
    check: Callable[[], None]
    index: str = ""

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, str]:
        """Exit status, output and errors; given: its input. Raises Refused when it takes too long or says too much."""
        import tempfile

        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as source:
            source.write(given)
            source.seek(0)
            process = subprocess.Popen(
                [self.program, *arguments],
                cwd=self.folder,
                env=safe_environment() | ({"GIT_INDEX_FILE": self.index} if self.index else {}),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            deadline = threading.Timer(SECONDS, end)
            deadline.start()
            try:
                output = self._output(process)
                code = process.wait()
            finally:
                deadline.cancel()
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()
            if late.is_set():
                raise Refused(f"Git took longer than {SECONDS:g} s. {_CLOSER}")
            errors.seek(0)
            return code, output, errors.read(_STEP).decode("utf-8", "replace")

    def _output(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout
        parts: list[bytes] = []
        size = 0
        while data := process.stdout.read(_STEP):
            self.check()
            parts.append(data)
            size += len(data)
            if size > MOST_BYTES:
                raise Refused(f"The difference is larger than {size_words(MOST_BYTES)}. {_CLOSER}")
        return b"".join(parts)


def diff_path(repository: str | os.PathLike[str], revisions: str) -> str:
    """The path of the document that `read_git_diff` gives; `open_paths` takes it too."""
    return str(Path(repository).absolute() / f"{_FRONT}{revisions}")


def split_diff_path(path: str) -> tuple[str, str] | None:
    """Repository and revisions that a path names; None when it is no such path."""
    folder, found, revisions = path.rpartition(f"{os.sep}{_FRONT}")
    return (folder or os.sep, revisions) if found and revisions else None


def is_difference(document: Document) -> bool:
    """Whether `document` came from `read_git_diff`."""
    named = split_diff_path(document.path)
    return document.mtime_ns == 0 and named is not None and revision_parts(named[1]) is not None


def read_difference(path: str, *, check: Callable[[], None] | None = None) -> Document:
    """What `diff_path` named (ValueError when it did not)."""
    named = split_diff_path(path)
    if named is None:
        raise ValueError(path)
    return read_git_diff(*named, check=check)


def read_git_diff(
    repository: str | os.PathLike[str], revisions: str, *, check: Callable[[], None] | None = None
) -> Document:
    """What `git diff A...B` (or `A..B`) shows in the repository at or above the folder `repository`.

    A side that is left out is HEAD. Whatever is wrong is the document's problem, with status "failed". check: called
    now and then; what it raises comes through.
    """
    path = diff_path(repository, revisions)
    git = shutil.which("git")
    if git is None:
        return _document(path, "failed", "Git is not installed. Install it, or save the difference to a file.")
    try:
        content = _difference(Git(git, os.fspath(repository), check or _nothing), revisions)
    except Refused as refused:
        return _document(path, "failed", str(refused))
    except OSError as error:
        return _document(path, "failed", f"Git could not be run in {shown(os.fspath(repository))}: {error.strerror}.")
    if not content.strip():
        return _document(path, "empty", "There is no difference between these revisions.")
    decoded = decode(content, Encoding())
    reading = read_diff(decoded.text)
    problem = " ".join(said for said in (reading.problem, encoding_problem(Encoding(), decoded.replaced)) if said)
    sections = reading.sections or text_sections(f"{_FRONT}{revisions}", decoded.text)
    return _document(path, "ok", problem or None, sections, content)


def _nothing() -> None:
    pass


def revision_parts(revisions: str) -> tuple[str, str, str] | None:
    """Old revision, dots, new revision; None when it is no pair."""
    found = _REVISIONS.fullmatch(revisions)
    if found is None or found["old"].startswith("-") or found["new"].startswith(("-", ".")):
        return None
    return found["old"] or "HEAD", found["dots"], found["new"] or "HEAD"


def _difference(git: Git, revisions: str) -> bytes:
    parts = revision_parts(revisions)
    if parts is None:
        raise Refused(f"{revisions!r} names no two revisions. {USAGE}")
    old, dots, new = parts
    between = f"{commit_of(git, old)}{dots}{commit_of(git, new)}"
    code, output, errors = git.run(*DIFF, "--unified=3", "--end-of-options", between, "--")
    if code == 0:
        return output
    if "no merge base" in errors:
        raise no_common_ancestor(git, old, new)
    raise Refused(f"Git could not compare them: {first_line(errors)}.")


def no_common_ancestor(git: Git, old: str, new: str) -> Refused:
    """What to say where two revisions never were one."""
    if _is_shallow(git):
        return Refused(f"{old} and {new} have no common ancestor here. {_FETCH}")
    return Refused(f"{old} and {new} have no common ancestor. Write {old}..{new} to compare them as they are.")


def commit_of(git: Git, revision: str) -> str:
    """The commit's number."""
    code, output, errors = git.run(
        *SAFE_OPTIONS, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    commit = output.decode("ascii", "replace").strip()
    if code == 0 and re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return commit
    if "dubious ownership" in errors:
        raise Refused(
            "The repository belongs to another user, so Git refuses to read it. "
            "If you trust it, allow it with git config --global --add safe.directory FOLDER."
        )
    if "not a git repository" in errors:
        raise Refused(f"{shown(git.folder)} lies in no Git repository. Name the folder of one.")
    if errors:
        raise Refused(f"Git could not read the repository: {first_line(errors)}.")
    hint = _FETCH if _is_shallow(git) else "See git log or git branch --all for those that there are."
    raise Refused(f"The repository has no revision {revision}. {hint}")


def _is_shallow(git: Git) -> bool:
    return git.run(*SAFE_OPTIONS, "rev-parse", "--is-shallow-repository")[1].strip() == b"true"


def first_line(errors: str) -> str:
    """What Git said first."""
    lines = errors.strip().splitlines() or ["it gave no reason"]
    return lines[0].removeprefix("fatal: ").removeprefix("error: ").rstrip(".")


def _document(
    path: str, status: Status, problem: str | None, sections: tuple[Section, ...] = (), content: bytes = b""
) -> Document:
    sha256 = hashlib.sha256(content).hexdigest() if content else None
    return Document(path, "diff", status, problem, sections, size=len(content), sha256=sha256)
