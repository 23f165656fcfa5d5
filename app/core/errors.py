"""What can go wrong around a workspace: its saved sessions and its search.

CoreError                the base; its text is one sentence for the user, `hint` says what to do
  StoreError             the session file cannot be used; it is left as it was
    StoreDamaged         it is no database, or a broken one
    StoreForeign         it is a database of another program
    StoreNewer           a newer version of this program wrote it
    StoreLocked          another process holds it for longer than is reasonable
    StoreReadOnly        it cannot be opened or written where it is
    StoreFull            the disk is full or does not take the data
  SessionUnknown         no session has this name or number
  MessageUnknown         no message of the session has this number
  NameTaken              another session has this name already
  ExportFailed           a session cannot be written in this format
  ImportRefused          a file holds no session that can be taken in
  ReviewRefused          a file holds no review, or none that can be read
  SearchError            the passages cannot be indexed (no room for temporary files)
  ScopeRefused           there is nothing to review, or it cannot be had
  ChecklistRefused       a checklist cannot be used
  OverBudget             more than the context holds (in `choices`)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CoreError(Exception):
    """The world did something wrong; `str(error)` can be shown as it is."""

    kind = "core"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def details(self) -> Mapping[str, Any]:
        """What a script may want to know besides, by name."""
        return {}


class StoreError(CoreError):
    """The session file cannot be used; it is left as it was."""

    kind = "store"


class StoreDamaged(StoreError):
    """The session file is no database, or a broken one."""

    kind = "store_damaged"


class StoreForeign(StoreError):
    """The session file is a database of another program."""

    kind = "store_foreign"


class StoreNewer(StoreError):
    """A newer version of this program wrote the session file."""

    kind = "store_newer"


class StoreLocked(StoreError):
    """Another process holds the session file for longer than is reasonable."""

    kind = "store_locked"


class StoreReadOnly(StoreError):
    """The session file cannot be opened or written where it is."""

    kind = "store_read_only"


class StoreFull(StoreError):
    """The disk is full or does not take the data."""

    kind = "store_full"


class SessionUnknown(CoreError):
    """No session has this name or number."""

    kind = "session_unknown"


class MessageUnknown(CoreError):
    """No message of the session has this number."""

    kind = "message_unknown"


class NameTaken(CoreError):
    """Another session has this name already, or the name is empty."""

    kind = "session_name"


class ExportFailed(CoreError):
    """A session cannot be written in this format."""

    kind = "session_export"


class ImportRefused(CoreError):
    """A file holds no session that can be taken in: it is damaged, too large, newer or something else."""

    kind = "session_import"


class ReviewRefused(CoreError):
    """A file holds no review, or none that can be read."""

    kind = "review_file"


class SearchError(CoreError):
    """The passages cannot be indexed."""

    kind = "search"


class ScopeRefused(CoreError):
    """There is nothing to review, or what was named cannot be had: no repository, no such revision, no such patch."""

    kind = "review_scope"


class ChecklistRefused(CoreError):
    """A checklist is not there, or says nothing that can be used."""

    kind = "checklist"
