"""Archives: every member becomes what it would have become as a file, under a path behind the archive's own."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ingest.document import Document, Ingested
from ingest.errors import SourceChanged, SourceGone, Stopped
from ingest.log_store import Stretch
from ingest.open_path import open_paths
from tests.ingest.packing import PACKERS, tar_bytes, zip_bytes
from tests.ingest.pdfs import write_pdf
from tests.ingest.reading import read
from tests.ingest.test_log import MEGABYTE, assert_followed_back, line

LOG = b"".join(map(line, range(3000)))
FILES = {
    "README.md": b"# Head\n\nprose\n",
    "src/a.py": b"print(1)\n",
    "logs/app.log": LOG,
    "logs/old.log.gz": gzip.compress(LOG),
}
ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "a.zip": zip_bytes,
    "stored.zip": lambda files: zip_bytes(files, zipfile.ZIP_STORED),
    "bzip2.zip": lambda files: zip_bytes(files, zipfile.ZIP_BZIP2),
    "a.tar": tar_bytes,
    "gnu.tar": lambda files: tar_bytes(files, tarfile.GNU_FORMAT),
    "a.tar.gz": lambda files: PACKERS["gz"](tar_bytes(files)),
    "a.tbz2": lambda files: PACKERS["bz2"](tar_bytes(files)),
    "a.tar.xz": lambda files: PACKERS["xz"](tar_bytes(files)),
    "a.tar.zst": lambda files: PACKERS["zst"](tar_bytes(files)),
    "no name at all": lambda files: PACKERS["gz"](tar_bytes(files)),
}


def inside(ingested: Ingested, archive: Path) -> dict[str, Document]:
    """Documents by their name in the archive."""
    front = f"{archive}/"
    assert all(document.path.startswith(front) for document in ingested.documents)
    return {document.path.removeprefix(front): document for document in ingested.documents}


def reasons(ingested: Ingested, archive: Path) -> dict[str, str]:
    return {skipped.path.removeprefix(f"{archive}/"): skipped.reason for skipped in ingested.skipped}


def text_of(document: Document) -> str:
    return "".join(section.text for section in document.sections)


@pytest.mark.parametrize("name", ARCHIVES)
def test_members_are_documents_and_their_logs_stay_in_the_archive(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name](FILES))
    ingested = read(path)
    assert not ingested.skipped
    found = inside(ingested, path)
    assert list(found) == ["README.md", "logs/app.log", "logs/old.log.gz", "src/a.py"]
    assert [document.kind for document in found.values()] == ["markdown", "log", "log", "code"]
    for member, document in found.items():
        assert (document.status, document.problem) == ("ok", None)
        assert document.archive == str(path)
        assert document.mtime_ns == path.stat().st_mtime_ns
        assert document.size == len(FILES[member])
        assert document.sha256 == hashlib.sha256(FILES[member]).hexdigest()
    for member in ("logs/app.log", "logs/old.log.gz"):
        assert all(isinstance(section.body, Stretch) for section in found[member].sections)
        for section in reversed(found[member].sections):
            assert section.span.bytes
            assert section.text.encode() == LOG[slice(*section.span.bytes)]
        assert_followed_back(found[member], LOG)


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("inner", ["in.zip", "in.tar", "in.tar.gz"])
def test_an_archive_in_an_archive_is_read_and_no_deeper(tmp_path: Path, name: str, inner: str) -> None:
    pack = ARCHIVES["a" + inner.removeprefix("in")]
    path = tmp_path / name
    path.write_bytes(
        ARCHIVES[name]({inner: pack({"deep.log": LOG, "third.zip": zip_bytes(FILES)}), "last.txt": b"x\n"})
    )
    ingested = read(path)
    found = inside(ingested, path)
    assert list(found) == [f"{inner}/deep.log", "last.txt"]
    assert_followed_back(found[f"{inner}/deep.log"], LOG)
    assert reasons(ingested, path) == {
        f"{inner}/third.zip": "an archive within an archive within an archive; unpack it and add that"
    }


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.xz"])
def test_a_path_may_go_on_behind_an_archive(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]({**FILES, "in.zip": zip_bytes(FILES)}))
    assert list(inside(read(path / "src" / "a.py"), path)) == ["src/a.py"]
    assert list(inside(read(path / "logs"), path)) == ["logs/app.log", "logs/old.log.gz"]
    assert list(inside(read(path / "in.zip" / "src"), path)) == ["in.zip/src/a.py"]
    both = read(path / "src/a.py", path / "README.md", path / "src/a.py", path / "none")
    assert list(inside(both, path)) == ["README.md", "src/a.py"]
    assert reasons(both, path) == {"none": "there is no such file in the archive"}
    assert len(read(path / "src/a.py", path).documents) == 8
    assert reasons(read(path / "README.md" / "x"), path) == {"README.md/x": "there is no such file in the archive"}


def test_a_path_behind_what_is_no_archive_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n")
    packed = tmp_path / "a.log.gz"
    packed.write_bytes(gzip.compress(LOG))
    for path in (tmp_path / "a.txt" / "b", packed / "b", tmp_path / "none.zip" / "b"):
        ingested = read(path)
        assert not ingested.documents
        assert [(s.path, s.reason) for s in ingested.skipped] == [(str(path), "there is no such file or folder")]


def test_archives_in_a_folder_come_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n")
    (tmp_path / "b.zip").write_bytes(zip_bytes({"z.txt": b"z\n", "y.txt": b"y\n"}))
    (tmp_path / "c.txt").write_text("words\n")
    told: list[str] = []
    documents = read(tmp_path, on_document=lambda document: told.append(document.path)).documents
    names = [Path(document.path).name for document in documents]
    assert names == ["a.txt", "y.txt", "z.txt", "c.txt"]
    assert told == [document.path for document in documents]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_pdfs_in_archives_are_read_by_their_own_reader(tmp_path: Path, name: str) -> None:
    pdf = write_pdf(tmp_path / "x.pdf", ["Ships pay a fee.", "Boats do not."]).read_bytes()
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]({"m/a.pdf": pdf, "b.pdf": pdf, "c.txt": b"words\n"}))
    told: list[str] = []
    ingested = open_paths([path], on_document=lambda document: told.append(document.path))
    found = inside(ingested, path)
    assert list(found) == ["b.pdf", "c.txt", "m/a.pdf"]
    assert told == [document.path for document in ingested.documents]
    for member in ("b.pdf", "m/a.pdf"):
        document = found[member]
        assert [section.text.strip() for section in document.sections] == ["Ships pay a fee.", "Boats do not."]
        assert (document.archive, document.mtime_ns) == (str(path), path.stat().st_mtime_ns)
    assert list(inside(read(path / "m"), path)) == ["m/a.pdf"]


def test_an_archive_on_standard_input(tmp_path: Path) -> None:
    for pack in ARCHIVES.values():
        documents = read(stdin=pack(FILES)).documents
        assert [document.path for document in documents] == [f"<stdin>/{name}" for name in sorted(FILES)]
        assert all(document.archive is None for document in documents)
        assert [text_of(d) for d in documents if d.kind == "log"] == [LOG.decode()] * 2


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_log_in_an_archive_that_changed_or_went(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name](FILES))
    document = inside(read(path), path)["logs/app.log"]
    path.write_bytes(ARCHIVES[name]({**FILES, "logs/app.log": LOG.replace(b"Aurora", b"Boreas")}))
    with pytest.raises(SourceChanged, match=r"/logs/app\.log has changed since it was added: lines 1 to"):
        document.sections[0].text  # noqa: B018
    path.unlink()
    with pytest.raises(SourceGone, match=r"/logs/app\.log cannot be read again: it is no longer there\."):
        document.sections[0].text  # noqa: B018


def test_version_control_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(
        zip_bytes({".git/config": b"x\n", "sub/.git/HEAD": b"x\n", "__MACOSX/._a": b"x\n", ".gitignore": b"a\n"})
    )
    ingested = read(path)
    assert list(inside(ingested, path)) == [".gitignore"]
    assert not ingested.skipped


def test_office_documents_are_no_archives(tmp_path: Path) -> None:
    for names in (["[Content_Types].xml", "word/document.xml"], ["mimetype", "META-INF/container.xml", "a.xhtml"]):
        path = tmp_path / "a.bin"
        path.write_bytes(zip_bytes(dict.fromkeys(names, b"<x/>")))
        assert not any(document.path.endswith(".xml") for document in read(path).documents)
        outer = tmp_path / "outer.tar"
        outer.write_bytes(tar_bytes({"a.docx": path.read_bytes()}))
        assert not any(document.path.endswith(".xml") for document in read(outer).documents)


def test_reading_an_archive_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(tar_bytes({f"{n}.log": LOG for n in range(50)}), 1))
    asked = iter(range(10**6))
    with pytest.raises(Stopped):
        read(path, stop=lambda: next(asked) > 30)


def test_a_large_archive_takes_little_memory_and_leaves_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    log = b"".join(map(line, range(4 * MEGABYTE // len(line(10**5)))))
    path.write_bytes(gzip.compress(tar_bytes({f"{n}.log": log for n in range(8)}), 1))
    read(tmp_path / "missing")
    before = psutil.Process().num_fds()
    tracemalloc.start()
    try:
        documents = read(path).documents
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(documents) == 8
    assert peak < 4 * MEGABYTE
    assert documents[5].sections[-1].text.encode() == log[-len(documents[5].sections[-1].text) :]
    assert psutil.Process().num_fds() == before


def test_packed_programs_are_read_only_when_they_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wrapper.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Main-Class: Crane\n")
    (tmp_path / "notes.txt").write_text("The crane stopped.\n")
    ingested = open_paths([tmp_path])
    assert [Path(d.path).name for d in ingested.documents] == ["notes.txt"]
    assert [s.reason for s in ingested.skipped] == ["a packed program; add it by itself to read what is in it"]
    assert [Path(d.path).name for d in open_paths([tmp_path / "wrapper.jar"]).documents] == ["MANIFEST.MF"]
