"""The engine's child process: loads one model, reads prompts, streams answers, until its input ends.

Started as `main.py --engine`. Requests come on standard input, replies leave on what was standard output (file
descriptor 1 itself is pointed at standard error, because native code prints there). A thread of its own listens, so
that a cancel is seen while llama.cpp computes; when the program is gone the input ends and the process leaves at once.
Knows no documents, no marks, no sessions.
"""

from __future__ import annotations

import datetime
import os
import queue
import sys
import threading
import time
from array import array
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from engine.checkpoints import allowance
from engine.context import Reading
from engine.errors import Cancelled, ContextError, EngineError, TemplateError
from engine.free_memory import free_memory
from engine.generating import Writer, Written, check_opening, make_sampler
from engine.ggml import Ggml
from engine.gguf_file import GgufFile, read_gguf
from engine.keeping import Keeper, start_keeping
from engine.llama import AbortFlag, Context, Model
from engine.llama_dry_run import dry_run
from engine.load_facts import Overhear, load_facts
from engine.measuring import Bench, Trial
from engine.memory_plan import Request
from engine.pacing import Paced
from engine.prompt_frames import pack, prompt_of, unpack
from engine.protocol import LoadOptions, ModelInfo, ReadProgress, read_frame, write_frame
from engine.quote_guard import QuoteDesk
from engine.scoring import Scorer
from engine.template import Message, frame, supports_system

CHUNKED_ARCHITECTURES = frozenset({"llama4"})
"""Attention starts afresh at each multiple of the window, instead of sliding over it."""

SECONDS_BETWEEN_SIGNS = 5.0
LONGEST_REASON = 240
"""Characters of a log line that are shown in a sentence."""

_NO_WAY_BACK = (
    "This model's architecture cannot go back to an earlier place, so whatever is changed or asked anew is read again "
    "from the start."
)

QUIET_SECONDS = 0.3
"""Without a request for so long what was read is written, so that questions close on each other never wait for it."""

SECONDS_TO_FINISH = 1.5


class Worker:
    """The loop and what it holds: at most one model with one context."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._in = requests
        self._out = replies
        self._abort = AbortFlag()
        self._queue: queue.Queue[tuple[dict[str, Any], bytes]] = queue.Queue()
        self._cancelled: set[int] = set()
        self._current = 0
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._reading: Reading | None = None
        self._quotes: QuoteDesk | None = None
        self._context: Context | None = None
        self._gguf: GgufFile | None = None
        self._bench: Bench | None = None
        self._keeper: Keeper | None = None

    def run(self) -> None:
        """Serve until the input ends; does not return while a request is under way."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        handlers: Mapping[str, Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]] = {
            "load": self._load,
            "frame": self._frame,
            "encode": self._encode,
            "ask": self._ask,
            "score": self._score,
            "devices": self._devices,
            "cost": self._cost,
            "keep": self._keep,
            "dry_run": self._dry_run,
            "measure": self._measure,
        }
        while True:
            request, blob = self._next()
            self._begin(request["id"])
            try:
                reply, payload = handlers[request["do"]](request, blob)
                self._send({"event": "done", **reply}, payload)
            except EngineError as error:
                message = self._with_reason(error)
                self._send({"event": "error", "type": type(error).__name__, "message": message, "hint": error.hint})
            except MemoryError:
                self._send(
                    {
                        "event": "error",
                        "type": "ContextError",
                        "message": "There is not enough memory for this.",
                        "hint": "Choose a smaller --ctx.",
                    }
                )

    def _next(self) -> tuple[dict[str, Any], bytes]:
        """The next request. When none comes for a moment, what was read is brought to the disk meanwhile."""
        if self._keeper is not None and self._keeper.due:
            try:
                return self._queue.get(timeout=QUIET_SECONDS)
            except queue.Empty:
                self._keeper.keep()
        return self._queue.get()

    def _listen(self) -> None:
        while True:
            received = read_frame(self._in)
            if received is None:
                if self._keeper is not None:
                    self._keeper.finish(SECONDS_TO_FINISH)
                os._exit(0)
            request, blob = received
            if request["do"] != "cancel":
                self._queue.put((request, blob))
                continue
            with self._lock:
                self._cancelled.add(request["target"])
                if request["target"] == self._current:
                    self._abort.set()

    def _begin(self, number: int) -> None:
        with self._lock:
            self._current = number
            self._abort.clear()
            if number in self._cancelled:
                self._abort.set()
            self._cancelled = {n for n in self._cancelled if n > number}
        if self._model is not None:
            self._model.forget_errors()

    def _with_reason(self, error: EngineError) -> str:
        """The error's sentence, with what llama.cpp logged as an error meanwhile where only that tells more."""
        said = self._model.first_error if self._model is not None else ""
        if not said or said in str(error) or type(error) not in (EngineError, ContextError):
            return str(error)
        return f"{error} llama.cpp said: {said[:LONGEST_REASON]}"

    def _send(self, header: Mapping[str, Any], blob: bytes = b"") -> None:
        write_frame(self._out, {"id": self._current, **header}, blob)

    def _load(self, request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        started = time.perf_counter()
        options = LoadOptions(**request["options"])
        self._unload()
        # llama.cpp keeps the vocabulary itself; the texts here would double what it takes.
        gguf = read_gguf(Path(options.path)).without_vocabulary()
        self._send({"event": "stage", "stage": "template"})
        try:
            system = _check_template(gguf)
        except TemplateError:
            # Documents can be counted without a template; whoever asks for its tokens is told then.
            if not options.vocabulary_only:
                raise
            system = False
        self._send({"event": "stage", "stage": "weights"})
        if not options.vocabulary_only:
            Ggml().add_servers(options.rpc, on_server=lambda _: None)
        shown, at = -1, 0.0

        def progress(done: float) -> None:
            nonlocal shown, at
            # One percent of a large file on a slow disk can take minutes; this is also the sign of life.
            if int(done * 100) > shown or time.monotonic() > at + SECONDS_BETWEEN_SIGNS:
                shown, at = int(done * 100), time.monotonic()
                self._send({"event": "loading", "done": done})

        overheard = Overhear(_log)
        model = Model(
            Path(options.path),
            abort=self._abort,
            log=overheard.hear,
            on_progress=progress,
            vocabulary_only=options.vocabulary_only,
            gpu_layers=options.gpu_layers,
            devices=() if options.vocabulary_only else options.devices,
            experts_on_cpu=options.experts_on_cpu,
        )
        self._model, self._gguf = model, gguf
        if not options.vocabulary_only:
            self._context = Context(
                model,
                n_ctx=options.n_ctx,
                n_batch=options.n_batch,
                kv=options.kv,
                threads=options.threads,
                abort=self._abort,
                threads_batch=options.threads_batch,
                n_ubatch=options.n_ubatch,
                kv_values=options.kv_values,
                flash=options.flash,
            )
            chunked = gguf.architecture in CHUNKED_ARCHITECTURES
            self._quotes = QuoteDesk(model.n_vocab, model.piece, model.ends_answer, self._abort.is_set)
            copies = allowance(options.checkpoint_bytes, free_memory())
            self._reading = Reading(model, self._context, self._abort, chunked=chunked, allowance=copies)
        overheard.stop()
        facts = {} if options.vocabulary_only else load_facts(gguf, options, overheard.found, adds_bos=model.add_bos)
        mark, self._keeper = start_keeping(gguf, options, self._reading, self._context, self._abort.is_set, _log)
        info = ModelInfo(
            path=options.path,
            name=gguf.name,
            architecture=gguf.architecture,
            description=model.description() if not options.vocabulary_only else gguf.architecture,
            size=model.size,
            n_ctx=options.n_ctx,
            n_ctx_train=gguf.context_length,
            n_vocab=model.n_vocab,
            mark_style=str(gguf.metadata.get("plumbline.marks", "header")),
            refusal=str(gguf.metadata.get("plumbline.refusal", "")),
            has_system_role=system,
            seconds=time.perf_counter() - started,
            notice=_NO_WAY_BACK if model.recurrent else "",
            fingerprint=mark.digest,
            facts=mark.facts,
            loaded_facts=facts,
        )
        return {"info": asdict(info)}, b""

    def _unload(self) -> None:
        if self._keeper is not None:
            self._keeper.finish()
            self._keeper = None
        if self._quotes is not None:
            self._quotes.close()
        self._reading = self._quotes = None
        if self._bench is not None:
            self._bench.close()
            self._bench = None
        if self._context is not None:
            self._context.close()
            self._context = None
        if self._model is not None:
            self._model.close()
            self._model = None

    def _loaded(self) -> Model:
        if self._model is None:
            raise EngineError("No model is loaded.", hint="Load one first.")
        return self._model

    def _frame(self, request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        """The template's token pieces around the message contents, the first beginning with exactly one BOS."""
        model = self._loaded()
        messages = [Message(role, f"slot {i}") for i, role in enumerate(request["roles"])]
        pieces = frame(
            _template(self._gguf),
            messages,
            bos=model.text_of(model.bos),
            eos=model.text_of(model.eos),
            date=datetime.date.fromisoformat(request["date"]),
        )
        tokens = [model.tokenize(piece, special=True) for piece in pieces]
        first = tokens[0]
        while model.bos >= 0 and first[:1] == [model.bos]:
            del first[0]
        if model.add_bos and model.bos >= 0:
            first.insert(0, model.bos)
        return {"lengths": [len(t) for t in tokens]}, pack(tokens)

    def _encode(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        model = self._loaded()
        tokens: list[list[int]] = []
        at = 0
        for length in request["lengths"]:
            if self._abort.is_set():
                raise Cancelled("Stopped.")
            tokens.append(model.tokenize(blob[at : at + length].decode("utf-8"), special=False))
            at += length
        if request["count_only"]:
            return {"lengths": [len(t) for t in tokens]}, b""
        return {"lengths": [len(t) for t in tokens]}, pack(tokens)

    def _ask(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        model, reading, _ = self._readable()
        started = time.perf_counter()
        prompt, passages = prompt_of(request, blob)
        check_opening(model, prompt.tokens)
        # A grammar that cannot be used is told before hours of reading; passages are indexed meanwhile.
        with closing(make_sampler(model, prompt.sampling)) as sampler:
            guard = self._quotes.open(request["quotable"], passages) if self._quotes else None
            keeper = self._keeper if prompt.keep else None
            result = (keeper or reading).read(prompt, self._report)
            paced = Paced(lambda text: self._send({"event": "text", "text": text}))
            writer = Writer(
                model,
                reading,
                sampler,
                guard=guard if not (prompt.sampling.grammar or prompt.sampling.schema) else None,
                stops=prompt.sampling.stop,
                with_logprobs=prompt.sampling.logprobs,
                on_text=paced.add,
            )
            try:
                written = writer.write(prompt.max_answer) if prompt.max_answer else Written()
            finally:
                paced.flush()
        total = time.perf_counter() - started
        return {
            "text": written.text,
            "ending": written.ending,
            "reused": result.reused,
            "decoded": result.decoded,
            "tokens": written.tokens,
            "seconds": {
                "prefill": result.seconds,
                "first_token": total if written.first is None else written.first - started,
                "total": total,
                "restore": result.restore_seconds,
            },
            "restored": result.restored,
            "notices": keeper.notices() if keeper is not None else [],
            "logprobs": written.logprobs,
            "standing": asdict(reading.standing()),
        }, b""

    def _score(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        model, reading, context = self._readable()
        started = time.perf_counter()
        prompt, continuations = prompt_of(request, blob)
        check_opening(model, prompt.tokens)
        given = unpack(request["lengths"], continuations)
        keeper = self._keeper if prompt.keep else None
        sign = Paced(lambda _: self._send({"event": "scoring"}))
        scorer = Scorer(model, reading, context, on_sign=lambda: sign.add(""))
        scores = scorer.score(prompt, given, read=(keeper or reading).read, on_progress=self._report)
        return {
            "logprobs": scores.logprobs,
            "chosen": scores.chosen,
            "reused": scores.read.reused,
            "decoded": scores.read.decoded,
            "scored": scores.scored,
            "seconds": time.perf_counter() - started,
            "standing": asdict(reading.standing()),
        }, b""

    def _readable(self) -> tuple[Model, Reading, Context]:
        """What a prompt can be read with. Raises EngineError."""
        model = self._loaded()
        if self._reading is None or self._context is None:
            raise EngineError("Only the vocabulary is loaded.", hint="Load the whole model first.")
        return model, self._reading, self._context

    def _cost(self, _request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        tokens: array[int] = array("i")
        tokens.frombytes(blob)
        if self._reading is None:
            raise EngineError("Only the vocabulary is loaded.", hint="Load the whole model first.")
        return {"cost": asdict((self._keeper or self._reading).cost(tokens))}, b""

    def _keep(self, _request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        """Answer when what was read is on disk, as far as it is worth that."""
        if self._keeper is None:
            return {"notices": []}, b""
        if self._keeper.due:
            self._keeper.keep()
        self._keeper.finish()
        return {"notices": self._keeper.notices()}, b""

    def _devices(self, request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        ggml = Ggml()
        ggml.add_servers(request["rpc"], on_server=lambda server: self._send({"event": "stage", "stage": server}))
        return {"devices": [asdict(device) for device in ggml.devices()]}, b""

    def _dry_run(self, request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        Ggml().add_servers(request.get("rpc", ()), on_server=lambda _: None)
        return asdict(dry_run(request["path"], Request(**request["request"]))), b""

    def _measure(self, request: dict[str, Any], _blob: bytes) -> tuple[dict[str, Any], bytes]:
        self._bench = self._bench or Bench(self._loaded(), self._abort)
        return asdict(self._bench.measure(Trial(**request["trial"]))), b""

    def _report(self, progress: ReadProgress) -> None:
        self._send({"event": "reading", **asdict(progress)})


def _log(line: str) -> None:
    sys.stderr.write(line)


def _template(gguf: GgufFile | None) -> str:
    if gguf is None or not gguf.chat_template:
        raise TemplateError(
            "This model has no chat template, so a question cannot be put to it the way it was trained.",
            hint="Choose an instruction-tuned model (its name often ends in -Instruct, -it or -chat).",
        )
    return gguf.chat_template


def _check_template(gguf: GgufFile) -> bool:
    """Render once before the weights are loaded: a template that fails or never ends is found cheaply.

    Returns whether it knows the system role.
    """
    template = _template(gguf)
    date = datetime.date(2000, 1, 1)
    frame(template, [Message("user", "a question")], bos="", eos="", date=date)
    return supports_system(template, bos="", eos="", date=date)


def serve() -> None:
    """Run the worker over this process's standard input and output."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Worker(sys.stdin.buffer, replies).run()
