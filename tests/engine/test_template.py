"""Chat templates: what is written around the messages, and that hostile or broken ones end in a sentence."""

from __future__ import annotations

import datetime
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import TemplateError
from engine.template import Message, frame, supports_system
from tests.make_gguf import chat_template

DATE = datetime.date(2026, 3, 14)
SYSTEM, USER, ANSWER = Message("system", "s"), Message("user", "u"), Message("assistant", "a")
CONVERSATION = [SYSTEM, USER, ANSWER, USER]

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")

CHATML = """\
{% for message in messages %}
    {{- '<|im_start|>' ~ message.role ~ '\\n' ~ (message.content | trim) ~ '<|im_end|>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""

LLAMA3 = """\
{{- bos_token }}
{%- if not date_string is defined %}{% set date_string = strftime_now("%d %b %Y") %}{% endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = '' %}
{%- endif %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\nToday: ' + date_string + '\\n\\n' + system + '<|eot_id|>' }}
{%- for message in messages %}
    {%- if message.role not in ['user', 'assistant'] %}{% continue %}{% endif %}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
"""

GEMMA = """\
{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported.') }}{% endif %}
{% for message in messages %}
    {% if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Roles must take turns') }}
    {% endif %}
    {% set role = 'model' if message.role == 'assistant' else message.role %}
    {{- '<start_of_turn>' + role + '\\n' + message.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
"""

MISTRAL = """\
{%- if messages[0].role == 'system' %}
    {%- set system, loop_messages = messages[0].content, messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message.role == 'user' %}
        {%- if loop.last and system is defined %}
            {{- '[INST] ' + system + '\\n\\n' + message.content + '[/INST]' }}
        {%- else %}
            {{- '[INST] ' + message.content + '[/INST]' }}
        {%- endif %}
    {%- else %}
        {% generation %}{{ ' ' + message.content + eos_token }}{% endgeneration %}
    {%- endif %}
{%- endfor %}
"""


def framed(template: str, messages: list[Message]) -> list[str]:
    return frame(template, messages, bos="<s>", eos="</s>", date=DATE)


def system_known(template: str) -> bool:
    return supports_system(template, bos="<s>", eos="</s>", date=DATE)


def test_llama4() -> None:
    assert framed(chat_template(), CONVERSATION) == [
        "<s><|header_start|>system<|header_end|>\n\n",
        "<|eot|><|header_start|>user<|header_end|>\n\n",
        "<|eot|><|header_start|>assistant<|header_end|>\n\n",
        "<|eot|><|header_start|>user<|header_end|>\n\n",
        "<|eot|><|header_start|>assistant<|header_end|>\n\n",
    ]
    assert system_known(chat_template())


def test_chatml() -> None:
    assert framed(CHATML, [SYSTEM, USER]) == [
        "<|im_start|>system\n",
        "<|im_end|>\n<|im_start|>user\n",
        "<|im_end|>\n<|im_start|>assistant\n",
    ]
    assert system_known(CHATML)


def test_llama3_tells_the_given_date() -> None:
    pieces = framed(LLAMA3, [SYSTEM, USER])
    assert pieces[0] == "<s><|start_header_id|>system<|end_header_id|>\n\nToday: 14 Mar 2026\n\n"
    assert pieces[-1] == "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    assert system_known(LLAMA3)


def test_gemma_refuses_a_system_message() -> None:
    assert framed(GEMMA, [USER, ANSWER, USER])[-1] == "<end_of_turn>\n<start_of_turn>model\n"
    with pytest.raises(TemplateError, match=r"refuses this conversation: System role not supported\.$"):
        framed(GEMMA, [SYSTEM, USER])
    assert not system_known(GEMMA)


def test_mistral_moves_the_system_message_to_the_last_turn() -> None:
    assert framed(MISTRAL, [USER, ANSWER, USER]) == ["<s>[INST] ", "[/INST] ", "</s>[INST] ", "[/INST]"]
    assert framed(MISTRAL, [SYSTEM, USER])[0] == "<s>[INST] "
    with pytest.raises(TemplateError, match="moves"):
        framed(MISTRAL, CONVERSATION)
    assert not system_known(MISTRAL)


@pytest.mark.parametrize("template", [chat_template(), CHATML, LLAMA3])
@settings(max_examples=20, deadline=None)
@given(text=st.one_of(st.text(), st.sampled_from(["  x\n", "{{ bos_token }}{% endfor %}<|eot|>", "Q0N000001Z", ""])))
def test_contents_do_not_matter(template: str, text: str) -> None:
    """Not even spaces that the template would trim, or its own syntax."""
    messages = [Message("system", text), Message("user", text)]
    assert framed(template, messages) == framed(template, [SYSTEM, USER])


def test_tojson_is_plain_json() -> None:
    template = "{{ {'é': ['<', 1]} | tojson }}{{ messages[0].content }}{{ [1] | tojson(indent=2) }}"
    assert framed(template, [USER]) == ['{"é": ["<", 1]}', "[\n  1\n]"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", "has no chat template"),
        (" \n", "has no chat template"),
        ("{% for m in messages %}{{ m.content }}", r"is broken \(line 1"),
        ("{{ messages[0].content | nosuchfilter }}", "is broken"),
        ("{{ messages[7].content.x }}", "fails"),
        ("{{ 1 / 0 }}", "fails"),
        ("no message at all", "drops"),
        ("{{ messages[0].content }}{{ messages[0].content }}", "repeats"),
        ("{{ messages[0].content | lower }}", "changes"),
        ("{{ messages[0].content[:9] }}", "drops"),
        ("{{ raise_exception('No.\n\tNot this.') }}", r"refuses this conversation: No\. Not this\.$"),
    ],
)
def test_a_sentence_for_a_bad_template(template: str, words: str) -> None:
    with pytest.raises(TemplateError, match=words) as caught:
        framed(template, [USER])
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_changed_order() -> None:
    with pytest.raises(TemplateError, match="moves"):
        framed("{% for m in messages | reverse %}{{ m.content }}{% endfor %}", [USER, ANSWER])


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__[1].__subclasses__()",
        "messages.__class__.__base__.__subclasses__()",
        "raise_exception.__globals__.keys()",
        "strftime_now.__self__.__class__.__init__.__globals__",
        "messages.append('x')",
        "messages[0].update(role='x')",
        "cycler.__init__.__globals__.os.system('true')",
        "'{0.__class__.__mro__}'.format('')",
        "('a' | attr('__class__')).__name__",
        "lipsum.__globals__['os'].getcwd()",
    ],
)
def test_the_sandbox_holds(expression: str) -> None:
    with pytest.raises(TemplateError):
        framed("{{ messages[0].content }}{{ " + expression + " }}", [USER])


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'x' * 999999999999 }}",
        "{{ 999999999999 * 'x' }}",
        "{{ [messages] * 99999999 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%0999999999d' % 1 }}",
        "{% set n = namespace(t='x') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}{{ n.t }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}0123456789{% endfor %}{% endfor %}",
        "{{ range(999999999) | list }}",
        pytest.param("{{ ('x' * 999999).replace('x', 'y' * 999999) }}", marks=LINUX),
        pytest.param("{{ 'x'.ljust(99999999999) }}", marks=LINUX),
        pytest.param("{{ 'x' | center(99999999999) }}", marks=LINUX),
        pytest.param("{{ '{:99999999999}'.format('x') }}", marks=LINUX),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    ],
)
def test_a_template_cannot_fill_the_memory(template: str) -> None:
    with pytest.raises(TemplateError):
        framed(template, [USER])


@LINUX
def test_the_memory_limit_ends_with_the_template() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(TemplateError, match="MemoryError"):
        framed("{{ 'x'.ljust(99999999999) }}", [USER])
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_ordinary_arithmetic_is_allowed() -> None:
    template = "{{ 'ab' * 3 }}{{ 7 % 4 }}{{ 2 ** 10 }}{{ [1] + [2] }}{{ messages[0].content }}"
    assert framed(template, [USER]) == ["ababab31024[1, 2]", ""]
