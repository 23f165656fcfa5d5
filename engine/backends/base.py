"""The one interface to whatever runs a model. Knows no process, no server and no llama.cpp."""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.protocol import Answer, Cost, LoadOptions, ModelInfo, Prompt, ReadProgress, Scored


class Backend(Protocol):
    """A model that counts, reads and answers. One caller at a time; `cancel` and `close` from any thread.

    Every call that works raises engine.errors.EngineError kinds; after EngineStopped the next call starts afresh.
    """

    @property
    def info(self) -> ModelInfo:
        """What is loaded. Raises EngineError before `load`."""
        ...

    @property
    def loaded(self) -> LoadOptions | None:
        """How the present model was loaded, None when there is none."""
        ...

    @property
    def counted_by(self) -> str:
        """Which tokenizer counts, "tiktoken" or "llama.cpp"; both give the model's own exact numbers."""
        ...

    @property
    def notice(self) -> str | None:
        """A sentence for the user about how this model is run, when there is something to say."""
        ...

    def load(self, options: LoadOptions, *, on_progress: Callable[[float], None] | None = None) -> ModelInfo:
        """Load a model, replacing one that is loaded. on_progress: 0.0 to 1.0."""
        ...

    def encode(self, texts: Sequence[str]) -> list[array[int]]:
        """Token ids of each text by itself, with control tokens in it left as text."""
        ...

    def count(self, texts: Sequence[str], *, stop: Callable[[], bool] | None = None) -> list[int]:
        """How many tokens `encode` would give for each text. Raises Cancelled when `stop` answers true."""
        ...

    def frame(self, roles: Sequence[str], date: datetime.date) -> list[array[int]]:
        """The chat template's own tokens around `len(roles)` message contents: one piece more than there are roles.

        The last piece opens the answer. `date` is what a template that prints the date will print.
        """
        ...

    def ask(
        self,
        prompt: Prompt,
        *,
        on_progress: Callable[[ReadProgress], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Read what is not read yet and answer. With max_answer 0 only read.

        Cancelled while reading raises; cancelled while answering returns what there is, ending "cancelled".
        """
        ...

    def score(self, prompt: Prompt, continuations: Sequence[array[int]]) -> Scored:
        """How likely the model finds each of `continuations` behind the whole prompt; nothing is sampled.

        `prompt` is read as `ask` reads it. Raises CannotScore where there are no log-probabilities, PromptTooLong,
        Cancelled.
        """
        ...

    def revive(self, *, on_progress: Callable[[float], None] | None = None) -> None:
        """Load again what was loaded, if what ran it has ended; else nothing. on_progress: 0.0 to 1.0.

        The next call would do it too, without saying how far it is.
        """
        ...

    def cost(self, prompt: Prompt) -> Cost:
        """What asking `prompt` would have to read, before anything is read."""
        ...

    def keep(self) -> tuple[str, ...]:
        """Wait until what was read is on disk, where that was asked for; sentences for the user."""
        ...

    def cancel(self) -> None:
        """Stop the call that is under way, if there is one."""
        ...

    def close(self) -> None:
        """End it and free everything."""
        ...
