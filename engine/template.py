"""Renders a model's own chat template around message contents that it never sees.

The template is a program that came with the model file: it runs in Jinja's sandbox with bounded memory, and the
process around it ends it when it does not finish. Contents are swapped for place holders before and left out after,
so a template cannot change, trim or interpret what is in a document. Knows no tokens and no documents.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from engine.errors import TemplateError
from engine.memory_limit import at_most

if TYPE_CHECKING:
    import jinja2

MAX_TEXT = 1_000_000
"""Characters (or entries) of anything a template computes, and of what it writes."""

MAX_POWER_BITS = 4096
MAX_MEMORY = 512 << 20
"""Bytes a template may take on top of what the process has, for what the bounds on operators do not see."""

_HINT = "Choose another GGUF of this model, or an instruction-tuned one."


@dataclass(frozen=True, slots=True)
class Message:
    """role: system, user or assistant."""

    role: str
    content: str


class _Refused(Exception):
    """The template called raise_exception."""


def frame(template: str, messages: Sequence[Message], *, bos: str, eos: str, date: datetime.date) -> list[str]:
    """What the template writes around the contents: len(messages) + 1 texts, contents belonging between them in order.

    The last ends where the answer begins. bos, eos: the tokens' texts. date: what strftime_now tells. Raises
    TemplateError when the template is missing, broken, refuses these roles, or drops, repeats or moves a message.
    """
    if not template.strip():
        raise TemplateError("This model has no chat template.", hint=_HINT)
    from hashlib import sha256

    digest = sha256(template.encode("utf-8", "replace")).hexdigest()[:20].upper()
    holders = [f"Q{digest}N{i:06d}Z" for i in range(len(messages))]
    rendered = _render(
        template,
        messages=[{"role": message.role, "content": holder} for message, holder in zip(messages, holders, strict=True)],
        bos_token=bos,
        eos_token=eos,
        add_generation_prompt=True,
        tools=None,
        documents=None,
        raise_exception=_refuse,
        strftime_now=datetime.datetime.combine(date, datetime.time()).strftime,
    )
    pieces: list[str] = []
    rest = rendered
    for message, holder in zip(messages, holders, strict=True):
        before, found, rest = rest.partition(holder)
        if not found or rendered.count(holder) != 1:
            raise TemplateError(
                f"This model's chat template drops, repeats, moves or changes a {message.role} message.", hint=_HINT
            )
        pieces.append(before)
    return [*pieces, rest]


def supports_system(template: str, *, bos: str, eos: str, date: datetime.date) -> bool:
    """Whether a system message is kept in front of the conversation, also in a later turn.

    False: put its text into the first user message. Raises TemplateError when not even a plain question can be framed.
    """
    question, answer = Message("user", "question"), Message("assistant", "answer")
    frame(template, [question], bos=bos, eos=eos, date=date)
    system = Message("system", "instructions")
    try:
        for messages in ([system, question], [system, question, answer, question]):
            frame(template, messages, bos=bos, eos=eos, date=date)
    except TemplateError:
        return False
    return True


def _render(source: str, **variables: Any) -> str:
    from jinja2.exceptions import TemplateSyntaxError

    parts: list[str] = []
    length = 0
    try:
        with at_most(MAX_MEMORY):
            for part in _environment().from_string(source).generate(**variables):
                length += len(part)
                if length > MAX_TEXT:
                    raise ValueError(f"it would write more than {MAX_TEXT:,} characters")
                parts.append(part)
    except _Refused as error:
        raise TemplateError(f"This model's chat template refuses this conversation: {error}.", hint=_HINT) from None
    except TemplateSyntaxError as error:
        reason = f"line {error.lineno}: {_one_line(error)}"
        raise TemplateError(f"This model's chat template is broken ({reason}).", hint=_HINT) from None
    except Exception as error:
        # It is someone else's program: whatever it raises is its failure, not ours.
        reason = _one_line(error) or type(error).__name__
        raise TemplateError(f"This model's chat template fails ({reason}).", hint=_HINT) from None
    return "".join(parts)


@cache
def _environment() -> jinja2.Environment:
    """Jinja as model templates expect it: Hugging Face's settings, filters and tags, which llama.cpp follows."""
    from jinja2 import nodes
    from jinja2.exceptions import SecurityError
    from jinja2.ext import Extension
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` marks the answer's words for training; here its body is just text."""

        tags = {"generation"}  # noqa: RUF012

        def parse(self, parser: Parser) -> list[nodes.Node]:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    class Sandbox(ImmutableSandboxedEnvironment):
        """Operators that could fill the memory are looked at first."""

        intercepted_binops = frozenset({"*", "**", "+", "%"})

        def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
            if _too_large(operator, left, right):
                raise SecurityError(f"{operator} would give too much")
            return super().call_binop(context, operator, left, right)

    environment = Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation], autoescape=False
    )
    environment.filters["tojson"] = _to_json
    return environment


def _too_large(operator: str, left: Any, right: Any) -> bool:
    if operator == "**":
        powers = isinstance(left, int) and isinstance(right, int)
        return powers and left.bit_length() * abs(right) > MAX_POWER_BITS
    if operator == "%":
        return isinstance(left, str)
    sizes = [len(side) if hasattr(side, "__len__") else None for side in (left, right)]
    if operator == "+":
        return sum(size or 0 for size in sizes) > MAX_TEXT
    return any(
        size is not None and isinstance(times, int) and size * times > MAX_TEXT
        for size, times in zip(sizes, (right, left), strict=True)
    )


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Plain JSON, without the HTML escapes of Jinja's own filter."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: object) -> NoReturn:
    raise _Refused(_one_line(message).rstrip("."))


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:200]
