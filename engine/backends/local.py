"""llama.cpp in a child process of our own, behind the Backend interface.

The child may crash, hang in a template or be killed for memory: that costs one sentence, and the next call starts
another. Counting happens in this process with tiktoken built from the model's own vocabulary, as long as it agrees
with llama.cpp on a judge sample; where it does not, llama.cpp counts. Knows no documents and no Qt.
"""

from __future__ import annotations

import datetime
import re
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from engine import errors
from engine.backends.child import Child
from engine.backends.ending import crashed
from engine.backends.patience import DEFAULT_PATIENCE_S
from engine.cache_types import check_cache_types
from engine.devices import list_devices, lost_server
from engine.errors import Cancelled, EngineError, EngineHung, EngineStopped, ModelFileError, TemplateError
from engine.gguf_file import read_gguf
from engine.measuring import Measured, Trial
from engine.memory_verdict import check_fits
from engine.prompt_frames import pack, prompt_request, unpack
from engine.protocol import Answer, Cost, Fact, LoadOptions, ModelInfo, Prompt, ReadProgress, Scored, Standing
from engine.tokenizer import JUDGE_SAMPLE, BpeTokenizer, build, differences

TEMPLATE_SECONDS = 5.0
"""How long a chat template may take before its process is ended."""

ENCODE_BATCH_BYTES = 4 << 20

_SIGABRT = 6
_RUN = re.compile(rb"\S+|\s+")
_LONGEST_SAFE_RUN = 20_000
"""Bytes. With more letters, or white space, in a row llama.cpp was seen to die; with fewer never."""


class LocalBackend:
    """See Backend. `command` starts the worker; `log` receives its standard error.

    patience_s: how long it may give no sign of life while something is asked of it; 0: for ever.
    """

    def __init__(
        self, command: Sequence[str], *, log: IO[bytes] | None = None, patience_s: float = DEFAULT_PATIENCE_S
    ) -> None:
        self._command = list(command)
        self._log = log
        self._patience = patience_s
        self._child: Child | None = None
        self._options: LoadOptions | None = None
        self._info: ModelInfo | None = None
        self._tokenizer: BpeTokenizer | None = None
        self._notice: str | None = None
        self._cancel_next = threading.Event()
        self._frames: dict[tuple[tuple[str, ...], datetime.date], list[array[int]]] = {}

    @property
    def info(self) -> ModelInfo:
        """What is loaded. Raises EngineError before `load`."""
        if self._info is None:
            raise EngineError("No model is loaded.", hint="Load one first.")
        return self._info

    @property
    def loaded(self) -> LoadOptions | None:
        """See Backend."""
        return self._options if self._info is not None else None

    @property
    def counted_by(self) -> str:
        """See Backend."""
        return "tiktoken" if self._tokenizer is not None else "llama.cpp"

    @property
    def notice(self) -> str | None:
        """See Backend."""
        about_model = self._info.notice if self._info is not None else ""
        return " ".join(filter(None, (about_model, self._notice))) or None

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        return self._child.pid if self._child is not None else None

    @property
    def ended(self) -> EngineStopped | None:
        """Why the child that there was has ended by itself, None otherwise. From any thread, and at once."""
        child = self._child
        return child.ended if child is not None else None

    def load(self, options: LoadOptions, *, on_progress: Callable[[float], None] | None = None) -> ModelInfo:
        """See Backend. Raises ModelFileError, ContextError, TemplateError, Cancelled, EngineStopped."""
        gguf = read_gguf(Path(options.path))
        if not options.vocabulary_only:
            check_cache_types(gguf, options)
            check_fits(gguf, options)
        self._options, self._info = options, None
        self._cancel_next.clear()
        self._frames.clear()
        self._tokenizer, self._notice = None, None
        from concurrent.futures import ThreadPoolExecutor

        # Seconds for a vocabulary of 200,000 tokens, in which the child reads the weights.
        with ThreadPoolExecutor(1, thread_name_prefix="build-tokenizer") as pool:
            building = pool.submit(build, gguf)
            info = self._start(options, on_progress)
            self._tokenizer = building.result()
        if self._cancel_next.is_set():
            # The child may have been through before it heard of it.
            self.close()
            raise Cancelled("Loading was stopped.")
        self._judge()
        self._info = info = replace(info, vocabulary=gguf.header_digest())
        return info

    def encode(self, texts: Sequence[str]) -> list[array[int]]:
        """See Backend."""
        if self._tokenizer is not None:
            return [array("i", self._tokenizer.encode(text)) for text in texts]
        return [array("i", tokens) for tokens in self._encode_there(texts)]

    def count(self, texts: Sequence[str], *, stop: Callable[[], bool] | None = None) -> list[int]:
        """See Backend."""
        if self._tokenizer is not None:
            return self._tokenizer.count_many(texts, stop=stop)
        counts: list[int] = []
        for batch in _batches(texts):
            if stop is not None and stop():
                raise Cancelled("Counting was stopped.")
            counts += self._request_encode(batch, count_only=True)[0]["lengths"]
        return counts

    def frame(self, roles: Sequence[str], date: datetime.date) -> list[array[int]]:
        """See Backend. Raises TemplateError when the template fails or does not end in TEMPLATE_SECONDS."""
        key = (tuple(roles), date)
        if key not in self._frames:
            request = {"do": "frame", "roles": list(roles), "date": date.isoformat()}
            reply, blob = self._call(request, deadline=TEMPLATE_SECONDS)
            self._frames[key] = unpack(reply["lengths"], blob)
        return self._frames[key]

    def ask(
        self,
        prompt: Prompt,
        *,
        on_progress: Callable[[ReadProgress], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See Backend."""

        def event(header: dict[str, Any]) -> None:
            if header["event"] == "reading" and on_progress is not None:
                fields = {k: v for k, v in header.items() if k not in ("id", "event")}
                on_progress(ReadProgress(**fields))
            elif header["event"] == "text" and on_text is not None:
                on_text(header["text"])

        request = prompt_request("ask", prompt)
        request["quotable"] = prompt.quotable.header() if prompt.quotable is not None else None
        passages = prompt.quotable.text if prompt.quotable is not None else b""
        reply, _ = self._call(request, prompt.tokens.tobytes() + passages, on_event=event)
        fields = {k: v for k, v in reply.items() if k not in ("id", "event")}
        logprobs = tuple((start, value) for start, value in fields["logprobs"])
        notices = tuple(fields["notices"])
        standing = _standing(fields["standing"])
        return Answer(**fields | {"logprobs": logprobs, "standing": standing, "notices": notices})

    def score(self, prompt: Prompt, continuations: Sequence[array[int]]) -> Scored:
        """See Backend."""
        request = prompt_request("score", prompt) | {"lengths": [len(tokens) for tokens in continuations]}
        reply, _ = self._call(request, prompt.tokens.tobytes() + pack(continuations))
        fields = {k: v for k, v in reply.items() if k not in ("id", "event")}
        logprobs = tuple(tuple(values) for values in fields["logprobs"])
        standing = _standing(fields["standing"])
        return Scored(**fields | {"logprobs": logprobs, "chosen": tuple(fields["chosen"]), "standing": standing})

    def keep(self) -> tuple[str, ...]:
        """See Backend."""
        if self._child is None:
            return ()
        reply, _ = self._call({"do": "keep"})
        return tuple(reply["notices"])

    def cost(self, prompt: Prompt) -> Cost:
        """See Backend. A worker that is not running has read nothing, and is not started for it."""
        if self._child is None:
            return Cost(len(prompt.tokens), None)
        reply, _ = self._call({"do": "cost"}, prompt.tokens.tobytes())
        return Cost(**reply["cost"])

    def revive(self, *, on_progress: Callable[[float], None] | None = None) -> None:
        """See Backend."""
        if self._info is None or self._options is None or (self._child is not None and self._child.ended is None):
            return
        self._start(self._options, on_progress)

    def measure(self, trial: Trial) -> Measured:
        """How long the loaded model takes for `trial`. Raises Cancelled, ContextError, EngineStopped."""
        reply, _ = self._call({"do": "measure", "trial": asdict(trial)})
        return Measured(reply["read"], reply["write"])

    def cancel(self) -> None:
        """See Backend."""
        self._cancel_next.set()
        child = self._child
        if child is not None:
            child.cancel()

    def close(self) -> None:
        """See Backend."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _start(self, options: LoadOptions, on_progress: Callable[[float], None] | None) -> ModelInfo:
        self.close()
        if options.rpc and not options.vocabulary_only:
            # A server that is not there would end the worker; this asks in a process that may end.
            list_devices(self._command, rpc=options.rpc, log=self._log)
        self._child = Child(self._command, self._log, patience_s=self._patience)

        def event(header: dict[str, Any]) -> float | None:
            if header["event"] == "stage":
                return TEMPLATE_SECONDS if header["stage"] == "template" else None
            if header["event"] == "loading" and on_progress is not None:
                on_progress(header["done"])
            return None

        try:
            reply, _ = self._exchange({"do": "load", "options": asdict(options)}, b"", event)
        except EngineStopped as error:
            self.close()
            if error.code is None or not crashed(error.code):
                raise
            if options.rpc:
                raise lost_server(options.rpc) from error
            # llama.cpp aborts the process over some files that its own checks let through.
            raise ModelFileError(
                f"llama.cpp cannot load {options.path}. {error}",
                hint="The file is damaged or of a kind it does not know; choose another GGUF with --model.",
            ) from error
        except BaseException:
            self.close()
            raise
        facts = {name: Fact(**fact) for name, fact in reply["info"]["loaded_facts"].items()}
        return ModelInfo(**reply["info"] | {"loaded_facts": facts})

    def _judge(self) -> None:
        if self._tokenizer is None:
            return
        theirs = self._encode_there(JUDGE_SAMPLE)
        mine = [self._tokenizer.encode(text) for text in JUDGE_SAMPLE]
        if differences(mine, theirs):
            self._tokenizer = None
            self._notice = (
                "This model's tokens are counted by llama.cpp itself, which is slower: "
                "the fast counter disagreed with it on a sample."
            )

    def _encode_there(self, texts: Sequence[str]) -> list[list[int]]:
        result: list[list[int]] = []
        for batch in _batches(texts):
            reply, blob = self._request_encode(batch, count_only=False)
            result += [part.tolist() for part in unpack(reply["lengths"], blob)]
        return result

    def _request_encode(self, raw: Sequence[bytes], *, count_only: bool) -> tuple[dict[str, Any], bytes]:
        request = {"do": "encode", "lengths": [len(r) for r in raw], "count_only": count_only}
        try:
            return self._call(request, b"".join(raw))
        except EngineStopped as error:
            longest = max((len(run) for text in raw for run in _RUN.findall(text)), default=0)
            if longest < _LONGEST_SAFE_RUN:
                raise
            # The regular expressions of some vocabularies run out of stack there.
            raise EngineError(
                f"llama.cpp cannot count {longest:,} bytes without a break with this model's vocabulary.",
                hint="Leave the file out that holds them (often packed data in text form), or choose another model.",
            ) from error

    def _call(
        self,
        request: dict[str, Any],
        blob: bytes = b"",
        *,
        on_event: Callable[[dict[str, Any]], None] | None = None,
        deadline: float | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        if self._options is None:
            raise EngineError("No model is loaded.", hint="Load one first.")
        self._cancel_next.clear()
        if self._child is None:
            self._start(self._options, None)
            if self._cancel_next.is_set():
                raise Cancelled("Stopped.")

        def event(header: dict[str, Any]) -> float | None:
            if on_event is not None:
                on_event(header)
            return deadline

        try:
            return self._exchange(request, blob, event, deadline=deadline)
        except EngineStopped as error:
            if self._options.rpc and error.code == -_SIGABRT:
                raise lost_server(self._options.rpc) from error
            raise

    def _exchange(
        self,
        request: dict[str, Any],
        blob: bytes,
        on_event: Callable[[dict[str, Any]], float | None],
        *,
        deadline: float | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        child = self._child
        if child is None:
            raise EngineStopped("The engine is not running.", hint="Ask again.")
        try:
            child.send(request, blob)
            if self._cancel_next.is_set():
                child.cancel()
            while True:
                header, payload = child.receive(deadline)
                if header["event"] == "done":
                    return header, payload
                if header["event"] == "error":
                    raise _error(header)
                deadline = on_event(header)
        except TimeoutError:
            child.kill()
            self.close()
            raise TemplateError(
                f"This model's chat template did not finish within {TEMPLATE_SECONDS:g} seconds.",
                hint="Its template is broken; choose another GGUF of this model.",
            ) from None
        except EngineStopped as error:
            if isinstance(error, EngineHung):
                child.kill()
            self.close()
            if self._cancel_next.is_set():
                # Nobody waits for the answer any more, and what ended is started again when somebody does.
                raise Cancelled("Stopped.") from error
            raise
        except EngineError:
            raise
        except BaseException:
            # The caller's own callback failed or was interrupted; replies still under way belong to nobody.
            self.close()
            raise


def _error(header: dict[str, Any]) -> EngineError:
    kind: type[EngineError] = getattr(errors, header["type"], EngineError)
    return kind(header["message"], hint=header["hint"])


def _standing(fields: dict[str, Any]) -> Standing:
    stretches = tuple((first, last) for first, last in fields["stretches"])
    return Standing(**fields | {"places": tuple(fields["places"]), "stretches": stretches})


def _batches(texts: Sequence[str]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        raw = _utf8(text)
        batch.append(raw)
        size += len(raw)
        if size >= ENCODE_BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _utf8(text: str) -> bytes:
    """Half a surrogate pair has no bytes; it becomes U+FFFD, as tiktoken has it, so that both ways count alike."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")
