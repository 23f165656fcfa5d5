"""RULER's question answering with a user's own questions, since the published ones need data sets.

A line of JSON has "question", "answers" (a list) and "context", the document that holds one of them. The documents of
the other questions stand around it. Knows no files.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import CheckError
from engine.selfcheck.ruler.sample import Match, Sample, longest

_HINT = 'Each line has to be a JSON object with "question", "answers" (a list of texts) and "context".'


@dataclass(frozen=True, slots=True)
class Question:
    """answers: any of them is right. context: the document in which it stands."""

    question: str
    answers: tuple[str, ...]
    context: str


def read_questions(lines: Iterable[str]) -> list[Question]:
    """The questions of JSON Lines; blank lines are none. Raises CheckError, which names the line."""
    found = [_question(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise CheckError("There are no questions.", hint=_HINT)
    return found


def _question(number: int, line: str) -> Question:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CheckError(f"Line {number} of the questions is not JSON.", hint=_HINT) from error
    if not isinstance(value, dict):
        raise CheckError(f"Line {number} of the questions is not an object.", hint=_HINT)
    for name in ("question", "context"):
        if not isinstance(value.get(name), str) or not value[name].strip():
            raise CheckError(f'Line {number} of the questions has no "{name}".', hint=_HINT)
    answers = value.get("answers")
    if not isinstance(answers, list) or not answers or not all(isinstance(a, str) and a.strip() for a in answers):
        raise CheckError(f'Line {number} of the questions has no "answers".', hint=_HINT)
    return Question(value["question"], tuple(answers), value["context"])


@dataclass(frozen=True, slots=True)
class QuestionAnswering:
    """questions: one of them is drawn, and the documents of the others stand around its own, none twice."""

    questions: tuple[Question, ...]
    name: str = "qa"
    match: Match = "part"
    max_answer: int = 32

    def sample(self, chosen: random.Random, budget_tokens: int, count_tokens: Callable[[str], int]) -> Sample:
        """See engine.selfcheck.ruler.sample.RulerTask; shorter than it may be where there are too few documents."""
        asked = chosen.choice(self.questions)
        seed = chosen.getrandbits(64)
        return longest(
            self.name,
            lambda units: self._build(random.Random(seed), asked, units - 1),
            budget_tokens,
            count_tokens,
        )

    def _build(self, chosen: random.Random, asked: Question, others: int) -> Sample:
        pool = list(dict.fromkeys(other.context for other in self.questions if other.context != asked.context))
        documents = [*chosen.sample(pool, min(others, len(pool)))]
        documents.insert(chosen.randint(0, len(documents)), asked.context)
        text = "\n\n".join(f"Document {number}:\n{document}" for number, document in enumerate(documents, 1))
        return Sample(
            task=self.name,
            context="Answer from the documents below. Give the answer alone.\n\n" + text,
            question=f"Answer from the documents above. Give the answer alone.\n\nQuestion: {asked.question}",
            opening="Answer:",
            answers=asked.answers,
            max_answer=self.max_answer,
        )
