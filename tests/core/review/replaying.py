"""A real engine whose answers are recorded ones: everything but the writing itself is what the program does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.core.review.checklists import Checklist
from engine.backends.local import LocalBackend
from engine.protocol import Answer, Prompt
from tests.core.review.grammars import Grammars
from tests.engine.asking import COMMAND

LOGPROB = -0.05


class Replaying(LocalBackend):
    """Answers the question with a checklist by what is recorded for it, once llama.cpp's grammar has taken it."""

    def __init__(self, grammars: Grammars, folder: Path, checklists: Sequence[Checklist]) -> None:
        super().__init__(COMMAND)
        self._grammars = grammars
        self._folder = folder
        self._names = {tuple(item.id for item in one.items): one.name for one in checklists}
        self.language = ""
        self.asked: list[tuple[str, str]] = []
        """The prompt's text and the answer."""

    def ask(self, prompt: Prompt, *, on_text: Callable[[str], None] | None = None, **_: Any) -> Answer:
        schema = json.loads(prompt.sampling.schema)
        categories = schema["properties"]["findings"]["items"]["properties"]["category"]["enum"]
        name = self._names[tuple(categories)]
        text = (self._folder / f"{self.language}-{name}.json").read_text(encoding="utf-8")
        came = self._grammars.taken(text, schema)
        assert came is None, f"{self.language}-{name}: the grammar stops at {came!r}"
        self.asked.append((self._grammars.text(prompt.tokens), text))
        if on_text is not None:
            on_text(text)
        starts = self._grammars.starts(text)
        return Answer(
            text,
            "stop",
            reused=0,
            decoded=len(prompt.tokens),
            tokens=len(starts),
            seconds={"total": 0.0},
            logprobs=tuple((start, LOGPROB) for start in starts),
        )
