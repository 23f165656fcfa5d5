"""Looks at a ZIP's table of contents before a library unpacks it: bombs and passwords are told by their sentence.

A member never unpacks to more than the table says, so the table can be held to account. Knows no office format.
"""

from __future__ import annotations

import io
import zipfile

from ingest.office_parts import Unreadable
from ingest.sizes import size_words

MOST_UNPACKED = 1 << 30
MOST_MEMBERS = 100_000
SUSPICIOUS_SIZE = 100_000_000
SUSPICIOUS_RATIO = 300

_ENCRYPTED = 1


def checked(content: bytes) -> io.BytesIO:
    """`content` as a file, once its table of contents has been found harmless. Raises Unreadable, BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = packed.infolist()
        if len(members) > MOST_MEMBERS:
            raise Unreadable(f"It holds {len(members):,} members, which no office file does: it was not unpacked.")
        unpacked = sum(member.file_size for member in members)
        ratio = unpacked // max(1, len(content))
        if unpacked > MOST_UNPACKED or (unpacked > SUSPICIOUS_SIZE and ratio > SUSPICIOUS_RATIO):
            raise Unreadable(
                f"It would take {size_words(unpacked)} unpacked, {ratio:,} times its size: it was not unpacked."
            )
        if any(member.flag_bits & _ENCRYPTED for member in members):
            raise Unreadable("It is protected by a password. Save a copy without one, and add that.")
    return io.BytesIO(content)
