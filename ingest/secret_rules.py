"""Which words of one line look like a secret: the rules of `detect-secrets`, and some of our own beside them.

The library's rules run here, on a line and nothing else. What it could do to verify a key it would do over the network:
none of that is called, and its way there (`requests`) is not even loaded. Of its rules those are on that name a key by
its own form. Off, because on real source trees nearly all they found was none: its entropy rules (hashes, test data),
its keyword rule (ours asks that the value looks like a secret too), public addresses, SoftLayer, Cloudant, IBM and
Artifactory (any word behind "key", or behind "AP").
Knows no files and no documents.
"""

from __future__ import annotations

import math
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin


class Words(NamedTuple):
    """Characters [start, end) look like a secret of this kind, such as "AWS access key"."""

    kind: str
    start: int
    end: int


_OURS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("Google API key", r"(?<![\w-])AIza[\w-]{35}(?![\w-])"),
        ("Google OAuth secret", r"(?<![\w-])GOCSPX-[\w-]{28}(?![\w-])"),
        ("Google access token", r"(?<![\w.-])ya29\.[\w-]{20,}"),
        ("GitHub token", r"(?<!\w)github_pat_\w{30,}"),
        ("Stripe key", r"(?<!\w)(?:[rs]k_test|whsec)_[0-9A-Za-z]{24,}"),
        ("Anthropic key", r"(?<![\w-])sk-ant-[\w-]{20,}"),
        ("OpenAI key", r"(?<![\w-])sk-(?:proj|svcacct|admin)-[\w-]{20,}"),
        ("Slack token", r"(?<!\w)(?:xapp|xoxe(?:\.xox[bp])?)-[\w-]{20,}"),
        ("npm token", r"(?<!\w)npm_[0-9A-Za-z]{36}(?!\w)|(?<=:_authToken=)[0-9a-fA-F-]{36}(?![\w-])"),
        ("Hugging Face token", r"(?<!\w)hf_[0-9A-Za-z]{30,}(?!\w)"),
        ("DigitalOcean token", r"(?<!\w)do[opr]_v1_[0-9a-f]{64}"),
        ("Shopify token", r"(?<!\w)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
        ("age key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
        ("Azure storage key", r"(?<=AccountKey=)[0-9A-Za-z+/]{86}=="),
    )
)
_LIBRARY = (
    ("AWS access key", "aws.AWSKeyDetector"),
    ("Discord token", "discord.DiscordBotTokenDetector"),
    ("GitHub token", "github_token.GitHubTokenDetector"),
    ("GitLab token", "gitlab_token.GitLabTokenDetector"),
    ("JSON Web Token", "jwt.JwtTokenDetector"),
    ("Mailchimp key", "mailchimp.MailchimpDetector"),
    ("OpenAI key", "openai.OpenAIDetector"),
    ("PyPI token", "pypi_token.PypiTokenDetector"),
    ("SendGrid key", "sendgrid.SendGridDetector"),
    ("Slack token", "slack.SlackDetector"),
    ("Square secret", "square_oauth.SquareOAuthDetector"),
    ("Stripe key", "stripe.StripeDetector"),
    ("Telegram token", "telegram_token.TelegramBotTokenDetector"),
    ("Twilio key", "twilio.TwilioKeyDetector"),
)
# Loading the library takes a quarter of a second, so it is not asked about words that none of its rules can fit.
_MAY_BE_TOKEN = re.compile(
    r"(?:A3T|ABIA|ACCA|AKIA|ASIA)|gh[pousr]_|github_pat_|gl[a-z]{2,6}-|GR1348941|eyJ|npm_|pypi-AgE|xox|xapp-|sq0csp-"
    r"|[rs]k_(?:live|test)_|whsec_|(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27}|AIza"
    r"|GOCSPX-|sk-|hf_|do[opr]_v1_|shp[a-z]{2}_|AGE-SECRET-KEY-|[0-9a-z]{32}-us\d|(?<=SG\.)|(?<=ya29\.)"
    r"|(?<=\d{8}:)[\w-]{35}(?![\w-])|(?<=AccountKey=)|(?<=authToken=)|(?<=/)(?=[0-9A-Za-z]{24}(?!\w))"
)
_importing = threading.RLock()
_BEFORE, _AFTER = 80, 1200
_REST_OF_TOKEN = re.compile(r"[\w.+/=-]*")
_ADDRESS = re.compile(r"://[^\s/:@'\"<>]{0,100}:(?P<secret>[^\s/@'\"<>]{1,200})@(?=[\w\[.-])")
_NAME = re.compile(
    r"(?i)pass(?:word|wd)|pwd|secret|token|(?:api|auth|access|account|service|client|private|encryption|signing|master)"
    r"[_-]?key"
)
_VALUE = re.compile(
    r"(?P<more>[\w-]{0,40})\\?[\"'`\]]{0,2}\s{0,8}(?P<sign>=>|:=|={1,3}|!={1,2}|:)\s{0,8}(?:@|[bru]{1,2}(?=[\"']))?"
    r"(?:(?P<quote>\\?[\"'`])(?P<quoted>[^\s\"'`\\]{6,400})(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;(){}\[\]<>\\|]{6,400})(?=\s|,|;|\\n|\Z))"
)
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_ENV_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_PLACEHOLDER = re.compile(
    r"(?i)example|change.?me|your|dummy|sample|placeholder|redacted|replace|insert|todo|secret|passw|token|foo|bar"
    r"|test|fake|mock|x{4}|\*{3}|\.{3}|…|123456|abcdef|qwert|none|null|undefined|default|localhost|https?:|\$|%[sdr(]|\{|<|\A0x"
)
_CODE_LIKE = re.compile(
    r"[A-Za-z_][\w-]*(?:\.[A-Za-z_]\w*)+(?::\w+)?\Z|[a-z]+(?:[A-Z][a-z]+)+\d?\Z|/|[A-Z][a-z]+(?:[A-Z][a-z]+)+\d?\Z"
)
_NOT_THE_VALUE = re.compile(
    r"(?i)(?:_|-|\b)(?:id|ids|name|names|file|path|url|uri|type|kind|field|label|prefix|suffix|length|len|size|count"
    r"|index|pos|class|hash|digest|arn|expiry|expires|policy|hint|regex|pattern|format|header|version|placeholder)s?\Z"
)


def assigned(text: str, at: int) -> Words | None:
    """What is assigned to the name that goes on at `at`, if it looks like a secret."""
    value = _VALUE.match(text, at)
    if value is None:
        return None
    before = text[max(0, at - 40) : at]
    begin = at - len(before) + len(before.rstrip(_NAME_CHARACTERS))
    name = text[begin : value.end("more")]
    if not _NAME.search(name) or not _looks_secret(value, name, text[begin - 1 : begin]):
        return None
    group = "bare" if value["quoted"] is None else "quoted"
    return None if _is_known_pattern(value[group]) else Words(_kind_of(name), *value.span(group))


def in_address(text: str, at: int) -> Words | None:
    """The password in the address whose "@" stands at `at`."""
    scheme = text.rfind("://", max(0, at - 310), at)
    found = _ADDRESS.match(text, scheme) if scheme > 0 and text[scheme - 1].isalnum() else None
    if found is None or found.end() != at + 1 or _is_placeholder(found["secret"]):
        return None
    return Words("password in an address", *found.span("secret"))


def token(text: str, start: int, end: int) -> Iterator[Words]:
    """The tokens that begin with, or hold, the run of letters and digits [start, end)."""
    if not _MAY_BE_TOKEN.match(text, start):
        return
    first = max(text.rfind("\n", 0, start) + 1, start - _BEFORE)
    last = text.find("\n", end, end + _AFTER)
    line = text[first : last if last >= 0 else end + _AFTER]
    for words in _tokens(line):
        if first + words.end > start and first + words.start < end:
            yield Words(words.kind, first + words.start, first + words.end)


def _tokens(line: str) -> Iterator[Words]:
    for kind, pattern in _OURS:
        for found in pattern.finditer(line):
            yield Words(kind, *found.span())
    for kind, plugin in _library():
        for pattern in plugin.denylist:
            for found in pattern.finditer(line):
                start, end = _secret_part(found)
                if kind == "JSON Web Token":
                    rest = _REST_OF_TOKEN.match(line, end)
                    end = rest.end() if rest else end
                    if not plugin.is_formally_valid(line[start:end].rstrip(".")):
                        continue
                if _stands_alone(line, start, end):
                    yield Words(kind, start, end)


def _secret_part(found: re.Match[str]) -> tuple[int, int]:
    """The library's groups hold the secret in some rules, a prefix or nothing in others."""
    parts = [found.span(n) for n in range(1, (found.re.groups or 0) + 1) if len(found[n] or "") >= 20]
    return parts[0] if parts else found.span()


def _stands_alone(line: str, start: int, end: int) -> bool:
    """Whether the words are no piece of a longer run of letters: base64 holds any short pattern somewhere."""
    before, after = line[start - 1 : start], line[end : end + 1]
    within = before in ("+", "/") and line[start - 2 : start - 1].isalnum()
    return not (before.isalnum() or within or after.isalnum())


def _looks_secret(found: re.Match[str], name: str, before: str) -> bool:
    bare = found["quoted"] is None
    value = found["bare"] if bare else found["quoted"]
    if _NOT_THE_VALUE.search(name) or "public" in name.lower() or _is_placeholder(value):
        return False
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    if not letters or (value.isidentifier() and value.isupper()) or _CODE_LIKE.match(value):
        return False
    bits = entropy(value)
    if bare and found["sign"] == "=" and _ENV_NAME.match(name) and not before.strip("\n\r\t \"'`;"):
        return bits >= 2.3 and (digits > 0 or len(value) >= 8) and not value.endswith(":")
    mixed = digits > 0 and letters > digits // 8
    if bare:
        # Without quotes it may as well be a variable.
        cases = any(c.isupper() for c in value) and any(c.islower() for c in value)
        random = len(value) >= 8 and mixed and bits >= 3.0 and (cases or not value.isidentifier())
        return random and (len(value) >= 20 or _closed(found.string, found.end()))
    return (mixed and bits >= 2.5) or (len(value) >= 20 and bits >= 3.9) or (_has_symbol(value) and bits >= 3.0)


def _closed(text: str, at: int) -> bool:
    """Whether a value without quotes that ends at `at` is all that stands behind its name, but for a comment."""
    rest = text[at : at + 40].partition("\n")[0].strip()
    return not rest or rest[0] in ",;#" or rest.startswith("\\n")


def _has_symbol(value: str) -> bool:
    return len(value) >= 8 and any(c in "!@#$%^&*+?~" for c in value)


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDER.search(value) is not None or len(set(value)) < 4


def _is_known_pattern(value: str) -> bool:
    """Whether the library knows better: a sequence, an identifier, a template."""
    heuristic = _heuristic()
    return bool(
        heuristic.is_sequential_string(value)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_not_alphanumeric_string(value)
    )


def _kind_of(name: str) -> str:
    lower = name.lower()
    if "pass" in lower or "pwd" in lower:
        return "password"
    if "key" in lower and "token" not in lower:
        return "AWS secret key" if "aws" in lower and "secret" in lower else "key"
    return "token" if "token" in lower else "secret"


def entropy(value: str) -> float:
    """Shannon's, in bits for each character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


@lru_cache(maxsize=1)
def _library() -> tuple[tuple[str, BasePlugin], ...]:
    made: list[tuple[str, BasePlugin]] = []
    with _without_network():
        for kind, name in _LIBRARY:
            module, _, plugin = name.partition(".")
            made.append((kind, getattr(import_module(f"detect_secrets.plugins.{module}"), plugin)()))
    return tuple(made)


@lru_cache(maxsize=1)
def _heuristic() -> ModuleType:
    with _without_network():
        return import_module("detect_secrets.filters.heuristic")


@contextmanager
def _without_network() -> Iterator[None]:
    """While the library is imported: in the place of `requests`, which opens a socket as soon as it is imported.

    What the library then holds is an empty module, so that it could not verify anything even if it were asked to.
    """
    with _importing:
        loaded = sys.modules.get("requests")
        sys.modules["requests"] = ModuleType("requests")
        try:
            yield
        finally:
            if loaded is None:
                del sys.modules["requests"]
            else:
                sys.modules["requests"] = loaded
