"""Brings what was read to the disk when nobody waits, and back from there before anything is read.

A state is written when reading it afresh would take some seconds, and when no stored one serves nearly as well. It
holds all that is in the cache, so nothing has to be taken back for it: the documents' end is one of the places that a
restored cache can return to. Only llama.cpp's own copying is done by whoever calls; sealing and bringing it to the
disk is a thread's work. Knows no protocol and no processes.
"""

from __future__ import annotations

import ctypes
import threading
import time
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.checkpoints import Checkpoint
from engine.context import Reading, ReadResult
from engine.errors import EngineError, StateDamaged, StateError
from engine.fingerprint import Fingerprint, fingerprint
from engine.gguf_file import GgufFile
from engine.llama import Context, build_facts
from engine.places import seconds_to_read
from engine.protocol import Cost, LoadOptions, Prompt, ReadProgress
from engine.state_file import Blob, StateHead, StateWriter
from engine.state_shelf import Found, StateShelf

FEWEST_TOKENS = 1024
"""A state must save reading so many tokens to be written, or to be restored over what is held."""


class Keeper:
    """What is on disk for one loaded model.

    mark: its fingerprint. seconds: how long reading must take for a state to be worth writing.
    """

    def __init__(
        self,
        shelf: StateShelf,
        mark: Fingerprint,
        reading: Reading,
        context: Context,
        *,
        model: str,
        seconds: float,
        stop: Callable[[], bool],
    ) -> None:
        self._shelf = shelf
        self._mark = mark
        self._reading = reading
        self._context = context
        self._model = model
        self._seconds = seconds
        self._stop = stop
        self._due = False
        self._owner = ""
        self._thread: threading.Thread | None = None
        self._notices: list[str] = []

    @property
    def due(self) -> bool:
        """Whether something was read that may have to be written."""
        return self._due

    def notices(self) -> list[str]:
        """The sentences for the user since the last call."""
        notices, self._notices = self._notices, []
        return notices

    def read(self, prompt: Prompt, on_progress: Callable[[ReadProgress], None]) -> ReadResult:
        """As `Reading.read`, from the disk where that saves reading; what was read is from then on due to be kept.

        A file that cannot be used is removed and named in `notices`, and the next best is tried.
        """
        total = len(prompt.tokens)
        started = time.perf_counter()
        restored = self._restore(
            prompt.tokens, prompt.owner, lambda count: on_progress(ReadProgress(0, total, 0, 0.0, 0.0, count))
        )
        seconds = time.perf_counter() - started if restored else 0.0
        self._due, self._owner = True, prompt.owner
        result = self._reading.read(prompt, lambda progress: on_progress(replace(progress, restored=restored)))
        return replace(result, restored=min(restored, result.reused), restore_seconds=seconds)

    def _restore(self, tokens: array[int], owner: str, on_start: Callable[[int], None]) -> int:
        """Fill the cache from disk; how many of `tokens` can then be gone on from. After Cancelled all is as before."""
        holding = self._reading.holding()
        if self._due and holding and len(tokens) - self._reading.cost(tokens).to_read < holding.prefix:
            # What is held is about to go, and was not written yet.
            self.keep()
        try:
            while found := self._better(tokens, explain=True):
                on_start(found.usable)
                try:
                    self._load(found)
                    self._shelf.note_owner(found.path, owner)
                    return found.usable
                except StateDamaged as error:
                    self._shelf.reject(found.path, str(error), self._tell)
                except OSError as error:
                    self._shelf.reject(found.path, f"cannot be read ({error.strerror or error})", self._tell)
        except StateError as error:
            self._tell(str(error))
        return 0

    def cost(self, tokens: array[int]) -> Cost:
        """What reading a prompt of these tokens would take now, with what is on disk."""
        try:
            found = self._better(tokens, explain=False)
        except StateError:
            found = None
        if found is None:
            return self._reading.cost(tokens)
        total = len(tokens)
        return Cost(total - found.usable, seconds_to_read(self._reading.standing(), found.usable, total))

    def keep(self) -> None:
        """Write what is held if it is worth it. Returns when llama.cpp is free again; `finish` waits for the disk."""
        self._due = False
        try:
            head = self._head()
            if head is None:
                return
            self.finish()
            writer = self._shelf.writer(head)
        except StateError as error:
            self._tell(str(error))
            return
        try:
            complete = self._fill(writer)
        except BaseException:
            writer.drop()
            raise
        if not complete:
            writer.drop()
            self._tell("llama.cpp did not hand out what was read, so it is not kept on disk.")
            return
        self._thread = threading.Thread(
            target=self._take_in, args=(writer, head, self._owner), name="keep", daemon=True
        )
        self._thread.start()

    def finish(self, timeout: float | None = None) -> None:
        """Wait until what `keep` began is on disk, at most `timeout` seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _better(self, tokens: array[int], *, explain: bool) -> Found | None:
        """A state on disk that saves reading, compared with what is held."""
        least = len(tokens) - self._reading.cost(tokens).to_read + FEWEST_TOKENS
        if len(tokens) <= least:
            return None
        # The last token is always read: what it gives opens the answer.
        return self._shelf.find(self._mark, tokens[:-1], least=least, tell=self._tell, explain=explain)

    def _head(self) -> StateHead | None:
        """What would be written; None when it is not worth it. Raises StateError."""
        holding = self._reading.holding()
        if holding is None or holding.prefix < FEWEST_TOKENS:
            return None
        found = self._shelf.find(self._mark, holding.tokens[: holding.prefix], least=1, tell=self._tell)
        stored = found.usable if found else 0
        saved = seconds_to_read(self._reading.standing(), stored, holding.prefix)
        if holding.prefix - stored < FEWEST_TOKENS or saved is None or saved < self._seconds:
            if found is not None and stored >= FEWEST_TOKENS:
                self._shelf.note_owner(found.path, self._owner)
            return None
        copies = tuple(Blob(copy.first, copy.last, copy.size) for copy in holding.copies)
        return StateHead(
            fingerprint=self._mark.digest,
            facts=self._mark.facts,
            model=self._model,
            made=time.time(),
            tokens=array("i", holding.tokens),
            prefix=holding.prefix,
            places=holding.places,
            stretches=holding.stretches,
            blobs=(Blob(0, len(holding.tokens), self._context.state_size()), *copies),
        )

    def _fill(self, writer: StateWriter) -> bool:
        holding = self._reading.holding()
        assert holding is not None
        whole, *rest = writer.blobs
        for view, copy in zip(rest, holding.copies, strict=True):
            view[:] = memoryview(copy.state).cast("B")
        return self._context.write_state(whole) == len(whole)

    def _take_in(self, writer: StateWriter, head: StateHead, owner: str) -> None:
        try:
            self._shelf.take_in(writer, head, owner)
        except EngineError as error:
            self._tell(str(error))

    def _load(self, found: Found) -> None:
        with self._shelf.open(found, stop=self._stop) as state:
            whole, *rest = state.blobs
            head = state.head
            if not self._context.read_state(whole):
                self._reading.forget()
                raise StateDamaged("was refused by llama.cpp")
            copies = [
                Checkpoint(blob.first, blob.last, blob.size, (ctypes.c_uint8 * blob.size).from_buffer_copy(view))
                for blob, view in zip(head.blobs[1:], rest, strict=True)
            ]
        self._reading.adopt(head.tokens, prefix=head.prefix, copies=copies)

    def _tell(self, sentence: str) -> None:
        self._notices.append(sentence)


def start_keeping(
    gguf: GgufFile,
    options: LoadOptions,
    reading: Reading | None,
    context: Context | None,
    stop: Callable[[], bool],
    log: Callable[[str], None],
) -> tuple[Fingerprint, Keeper | None]:
    """What a state of the loaded model depends on, and who keeps such states, if `options` say so and it can be.

    stop: whether the present question is to stop.
    """
    if reading is None or context is None:
        return Fingerprint({}, ""), None
    shelf = StateShelf(Path(options.state_folder), options.state_quota) if options.state_folder else None
    key = b""
    try:
        key = shelf.key() if shelf is not None else b""
    except StateError as error:
        log(f"{error} {error.hint}\n")
        shelf = None
    mark = fingerprint(gguf, options, *build_facts(), key)
    if shelf is None:
        return mark, None
    keeper = Keeper(shelf, mark, reading, context, model=gguf.name, seconds=options.state_seconds, stop=stop)
    return mark, keeper
