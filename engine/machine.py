"""What tells this computer from others: a random key kept in a folder, and what the system says about itself.

Read states are sealed with the key, so that one from elsewhere is never given to llama.cpp. Knows no states.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
from pathlib import Path

KEY_NAME = "machine-key"
KEY_BYTES = 32

_IDENTITY_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def machine_key(folder: Path) -> bytes:
    """The key in `folder` (which must exist), made on first use; several processes get the same. Raises OSError."""
    path = folder / KEY_NAME
    with contextlib.suppress(FileNotFoundError):
        key = path.read_bytes()
        if len(key) == KEY_BYTES:
            return key
        # A damaged key fits nothing that was sealed with it.
        path.unlink()
    handle, name = tempfile.mkstemp(prefix=f"{KEY_NAME}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        except OSError:
            # This file system knows no links; the last of several first users wins.
            Path(name).replace(path)
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()
    return path.read_bytes()


def machine_identity(key: bytes) -> str:
    """Hexadecimal digest of `key`, the system's own identity, and its processor's name. Tells nothing about them."""
    digest = hashlib.blake2b(key=key, digest_size=16)
    for part in (_system_identity(), platform.machine(), platform.system(), _processor()):
        digest.update(part.encode("utf-8", "replace") + b"\0")
    return digest.hexdigest()


def _system_identity() -> str:
    for path in _IDENTITY_FILES:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if identity := path.read_text("ascii").strip():
                return identity
    return platform.node()


def _processor() -> str:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
