"""What can go wrong while reading sources.

IngestError            the base; its text is one sentence for the user: what, where, what to do
  SourceChanged        the file is no longer what was read
  SourceGone           the file can no longer be opened
  Stopped              the caller asked to stop
"""


class IngestError(Exception):
    """The world did something wrong; `str(error)` can be shown as it is."""


class SourceChanged(IngestError):
    """A lazily kept piece of a file no longer has the hash it had when it was indexed."""


class SourceGone(IngestError):
    """A lazily kept piece of a file can no longer be read."""


class Stopped(IngestError):
    """`stop()` answered true; nothing half-read is returned."""
