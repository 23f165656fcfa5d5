"""What `ask` begins with, however it goes on: the session, the sources, the settings, the way to stop.

Says what it does to people; asks nothing and prints no result.
"""

from __future__ import annotations

import datetime
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.cli.loading import Loading
from app.cli.mapped import with_map
from app.cli.output import WorkFailed, note
from app.cli.sources import note_problems, read_sources, require_text, roots_of
from app.core.answering import PASSAGES, Mode, Settings
from app.core.errors import CoreError
from app.core.models import find_model
from app.core.read_states import keep_read, wants_read_kept
from app.core.recording import Recorder, open_session
from app.core.records import SessionRecord
from app.core.sessions import Store
from app.core.workspace import Workspace
from engine.backends.base import Backend
from engine.devices import RPC_WARNING
from engine.errors import EngineError
from engine.protocol import Sampling
from ingest.reader_limits import USUAL_LIMITS, ReaderLimits
from ingest.recognition import Recognition
from ingest.view import AS_IT_STANDS, View

DEFAULT_MAX_ANSWER = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was given. chosen: of model, ctx, kv, system, max_answer those that were named.

    passwords: for PDFs that ask for one; shown and kept nowhere. recognise: how to read pages that are pictures.
    view: how to read what can be read in more than one way. secrets: what becomes of them, see `app.cli.secrets`.
    map_tokens: a map in the place of source files.
    readers: what a PDF's page may take.
    sampling, verbatim: see app.core.answering.Settings. logprobs: print them.
    """

    paths: Sequence[str]
    questions: Sequence[str]
    mode: str | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    session: str | None = None
    save: bool = True
    with_history: bool = False
    loading: Loading = field(default_factory=Loading)
    leave_out: Sequence[str] = ()
    pages: tuple[int, int] | None = None
    passages: int = PASSAGES
    passwords: tuple[str, ...] = field(default=(), repr=False)
    recognise: Recognition | None = None
    view: View = AS_IT_STANDS
    readers: ReaderLimits = USUAL_LIMITS
    secrets: str = "keep"
    map_tokens: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    verbatim: bool = True
    logprobs: bool = False


class Preparing:
    """What a run of the command needs before it can ask."""

    def __init__(self, options: Options, *, as_json: bool) -> None:
        self._options = options
        self._as_json = as_json
        self._record: SessionRecord | None = None
        self._session: dict[str, Any] | None = None

    def _prepare(self, stack: ExitStack) -> tuple[Workspace, dict[str, Any], Recorder]:
        store = self._open_store(stack)
        before = self._open_saved(store)
        workspace = self._workspace(before)
        settings = self._settings()
        return workspace, settings, stack.enter_context(self._recorder(store, before, workspace, settings))

    def _open_store(self, stack: ExitStack) -> Store | None:
        if not self._options.save:
            return None
        try:
            return stack.enter_context(Store.open())
        except CoreError as error:
            if self._options.session is not None:
                raise
            note(f"Not saved: {error} {error.hint}".strip())
            return None

    def _open_saved(self, store: Store | None) -> Workspace:
        """What is saved in the session that was named, if it is there."""
        name = self._options.session
        if store is not None and name is not None:
            try:
                self._record = store.load(store.find(name))
                return self._record.workspace
            except CoreError as error:
                if error.kind != "session_unknown" or not self._options.paths:
                    raise
        return Workspace()

    def _workspace(self, before: Workspace) -> Workspace:
        options = self._options
        workspace = before
        if options.paths or not before.entries:
            ingested = read_sources(
                options.paths,
                passwords=options.passwords,
                recognise=options.recognise,
                view=options.view,
                readers=options.readers,
                secrets=options.secrets,
                keeping=options.save and wants_read_kept(),
            )
            ingested = with_map(ingested, options.map_tokens, options.chosen.get("model"), options.view)
            note_problems(ingested)
            if not before.entries:
                require_text(ingested)
            workspace = before.add(ingested.documents, roots_of(options.paths))
        if options.leave_out:
            workspace = workspace.leave_out(options.leave_out)
        if options.pages is not None:
            workspace = workspace.limit_pages(options.pages)
        if not workspace.included():
            raise WorkFailed(
                "No document takes part.", hint="Leave fewer out, or choose other pages.", kind="nothing_read"
            )
        return workspace

    def _settings(self) -> dict[str, Any]:
        saved = dict(self._record.settings) if self._record is not None else {}
        chosen = dict(self._options.chosen)
        return {"date": datetime.date.today().isoformat(), **saved, **chosen}

    def _recorder(
        self, store: Store | None, before: Workspace, workspace: Workspace, settings: Mapping[str, Any]
    ) -> Recorder:
        number = None
        if store is not None:
            try:
                number = self._open_session(store, settings)
            except CoreError as error:
                if self._options.session is not None:
                    raise
                note(f"Not saved: {error} {error.hint}".strip())
        recorder = Recorder(store, number, on_trouble=note)
        recorder.documents(before, workspace)
        return recorder

    def _open_session(self, store: Store, settings: Mapping[str, Any]) -> int:
        system = str(settings.get("system", ""))
        if self._record is None:
            number, _ = open_session(store, self._options.session, settings=settings, system_prompt=system)
        else:
            number = self._record.summary.id
            if self._options.chosen:
                store.configure(number, settings=settings, system_prompt=system)
        self._session = {"id": number, "name": store.summary(number).name}
        return number

    def _mode(self, settings: Mapping[str, Any]) -> Mode:
        if self._options.mode == "evidence":
            return "evidence"
        if find_model(settings.get("model")) is not None:
            return "model"
        if self._options.mode == "model":
            raise WorkFailed("There is no model here.", hint="Name one with --model FILE.", kind="no_model")
        note("There is no model here, so these are passages, no model. Name one with --model FILE.")
        return "evidence"

    def _reader_settings(self, settings: Mapping[str, Any]) -> Settings:
        path = find_model(settings.get("model"))
        assert path is not None
        loading = self._options.loading
        if loading.rpc:
            note(RPC_WARNING)
        return replace(
            loading.settings(path, datetime.date.fromisoformat(settings["date"])),
            n_ctx=settings.get("ctx"),
            kv=settings.get("kv", "f16"),
            max_answer=settings.get("max_answer", DEFAULT_MAX_ANSWER),
            system=settings.get("system"),
            sampling=self._options.sampling,
            verbatim=self._options.verbatim,
            keep_read=keep_read(self._session["id"]) if self._session is not None else None,
        )


@contextmanager
def cancels(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C asks the work to `stop`, so that what is there is kept; the second ends the program."""

    def first(_signal: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        note("\nStopping; once more to quit at once.")
        stop()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def keep_on_disk(backend: Backend) -> None:
    """Wait until what was read is on disk, for another day. Ctrl-C ends only the waiting."""
    with suppress(KeyboardInterrupt, EngineError):
        for sentence in backend.keep():
            note(sentence)
