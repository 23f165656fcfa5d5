"""PDFs that ask for a password: who opens them, what is said when nothing does, and that no password gets about."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from ingest.open_path import open_paths
from ingest.pool import PdfDone, PdfJob, PdfPool
from tests.ingest.pdfs import write_pdf, write_protected
from tests.ingest.reading import read, read_one

METHODS = ("AES_256", "AES_128", "RC4_128", "RC4_40")
WRONG = (
    "The PDF asks for a password. None of the given passwords opens it: check capital letters and the keyboard "
    "layout, or add a copy that needs none."
)


def test_without_a_password_it_says_what_to_do(tmp_path: Path) -> None:
    document = read_one(write_protected(tmp_path / "secret.pdf", "hidden"))
    assert (document.status, document.sections) == ("password_needed", ())
    assert document.problem == "The PDF asks for a password. Enter it, or add a copy that needs none."
    assert document.sha256


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("password", ["schlüssel", "besitzer"])
def test_the_users_and_the_owners_password_open_it(tmp_path: Path, method: str, password: str) -> None:
    path = write_protected(tmp_path / "secret.pdf", "hidden", user="schlüssel", owner="besitzer", method=method)
    document = read_one(path, passwords=["wrong", "Schlüssel", password])
    assert (document.status, document.problem) == ("ok", None)
    assert [section.text for section in document.sections] == ["hidden"]


@pytest.mark.parametrize("method", METHODS)
def test_wrong_passwords_are_said_to_be_wrong(tmp_path: Path, method: str) -> None:
    path = write_protected(tmp_path / "secret.pdf", "hidden", method=method)
    document = read_one(path, passwords=["", "Secret", " secret", "x" * 5000, "\ud800", "caf\udce9"])
    assert (document.status, document.sections, document.problem) == ("password_needed", (), WRONG)
    assert document.sha256


@pytest.mark.parametrize("method", METHODS)
def test_one_that_only_its_owner_may_change_needs_none(tmp_path: Path, method: str) -> None:
    path = write_protected(tmp_path / "owner.pdf", "readable", user="", method=method)
    assert read_one(path).sections[0].text == "readable"
    assert read_one(path, passwords=["wrong"]).sections[0].text == "readable"


def test_each_of_several_is_opened_by_its_own(tmp_path: Path) -> None:
    write_protected(tmp_path / "a.pdf", "first", user="one", owner="x1")
    write_protected(tmp_path / "b.pdf", "second", user="two", owner="x2", method="RC4_128")
    write_protected(tmp_path / "c.pdf", "third", user="three", owner="x3")
    write_pdf(tmp_path / "d.pdf", ["open"])
    documents = read(tmp_path, passwords=["two", "one"]).documents
    assert [d.status for d in documents] == ["ok", "ok", "password_needed", "ok"]
    assert [d.sections[0].text for d in documents if d.sections] == ["first", "second", "open"]
    assert documents[2].problem == WRONG


def test_a_known_password_is_tried_on_its_file_alone(tmp_path: Path) -> None:
    mine, other = (write_protected(tmp_path / name, name) for name in ("mine.pdf", "other.pdf"))
    first, second = read(mine, other, known_passwords={str(mine): "secret"}).documents
    assert first.sections[0].text == "mine.pdf"
    assert (second.status, second.problem) == (
        "password_needed",
        "The PDF asks for a password. Enter it, or add a copy that needs none.",
    )


def test_one_on_standard_input(tmp_path: Path) -> None:
    content = write_protected(tmp_path / "secret.pdf", "piped").read_bytes()
    (document,) = open_paths([], stdin=content, passwords=["secret"]).documents
    assert document.sections[0].text == "piped"


def test_a_password_is_on_no_command_line_and_in_nothing_that_is_shown(tmp_path: Path) -> None:
    path = write_protected(tmp_path / "secret.pdf", "hidden", user="Zr9-swordfish")
    job = PdfJob(0, str(path), passwords=("Zr9-swordfish",))
    assert "swordfish" not in repr(job)
    with PdfPool(readers=1) as pool:
        pool.submit(job)
        while not isinstance(news := pool.next_news(30), PdfDone):
            assert news is not None
        # The reader stays for the next file; its command line can be read by everyone on the computer.
        (child,) = psutil.Process().children()
        seen = [*child.cmdline(), *(f"{name}={value}" for name, value in child.environ().items())]
    assert news.document.sections[0].text == "hidden"
    assert "swordfish" not in repr(news.document)
    assert not [one for one in seen if "swordfish" in one]
