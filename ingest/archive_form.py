"""Tells archives from other files by content: a ZIP archive that is no office document or e-book, or a tar archive.

Knows no members' content.
"""

from __future__ import annotations

import io
from typing import Literal

from ingest.files import RegularFile
from ingest.source import Source
from ingest.tar_members import is_tar
from ingest.unpack import packed_by
from ingest.zip_directory import ZIP_STARTS, ZipDamaged, entries, is_package

ArchiveForm = Literal["zip", "tar"]

_PROGRAMS = (".jar", ".war", ".ear", ".aar", ".apk", ".ipa", ".whl", ".egg", ".nupkg", ".vsix", ".xpi", ".crx")

_FIRST_NAMES = 1000


def may_be_archive(head: bytes) -> bool:
    """Whether a file that begins with `head` (1 kB will do) can hold members: only unpacking all of it would tell."""
    return is_tar(head) or head.startswith(ZIP_STARTS) or packed_by(head) is not None


def is_program(path: str) -> bool:
    """Whether an archive of this name holds a program, which nobody means who names the folder around it."""
    return path.lower().endswith(_PROGRAMS)


def archive_form(source: Source, head: bytes) -> ArchiveForm | None:
    """Which archive `source` is, whose first bytes are `head`; None when it is none. Leaves it behind its head."""
    if is_tar(head):
        return "tar"
    if not head.startswith(ZIP_STARTS):
        return None
    names = _names(source)
    source.seek(len(head))
    return None if is_package(names) else "zip"


def _names(source: Source) -> list[str]:
    """Of the first members; none when they cannot be listed."""
    handle = source.handle
    names: list[str] = []
    # A member of another archive is read forward; it is looked at once more when it is in memory.
    if isinstance(handle, RegularFile | io.BytesIO):
        try:
            for entry in entries(handle, source.size):
                names.append(entry.name)
                if len(names) == _FIRST_NAMES:
                    break
        except (ZipDamaged, OSError):
            pass
    return names
