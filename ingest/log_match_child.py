"""The process in which regular expressions are looked for; it is ended from outside when one takes too long.

Requests and answers as in `ingest.pdf`: {"pattern", "lengths": of each text, in characters, "bytes": n (n bytes follow:
the texts, one behind the other)} is answered by {"closed": true, "bytes": n} and a byte for each text, 1 where it holds
the pattern. `^` and `$` stand for the ends of lines. Knows nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from itertools import accumulate, pairwise

from ingest.pdf import read_frame, write_frame

_MOST_MEMORY = 1 << 30


def serve() -> None:
    """Answer requests on standard input until it ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    while (frame := read_frame(requests)) is not None:
        request = json.loads(frame)
        text = requests.read(request["bytes"]).decode()
        search = re.compile(request["pattern"], re.MULTILINE).search
        places = accumulate(request["lengths"], initial=0)
        found = bytes(search(text, start, end) is not None for start, end in pairwise(places))
        write_frame(answers, json.dumps({"closed": True, "bytes": len(found)}).encode())
        answers.write(found)
        answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
