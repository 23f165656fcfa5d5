"""The words and numbers by which logs say how grave a record is, as the seven levels of `ingest.view.LEVELS`.

Knows no files and no formats.
"""

from __future__ import annotations

from ingest.view import Level

_WORDS: dict[Level, str] = {
    "trace": "trace trc verbose finest finer spam silly t v",
    "debug": "debug dbg dbug debug1 debug2 debug3 debug4 debug5 fine config d",
    "info": "info information informational inf log statement i success default",
    "notice": "notice note system hint",
    "warning": "warning warn wrn w",
    "error": "error err eror severe failure fail failed e",
    "fatal": "fatal ftl critical crit alert emerg emergency panic dpanic wtf assert f a c",
}
_BY_WORD: dict[str, Level] = {word: level for level, words in _WORDS.items() for word in words.split()}

SYSLOG: tuple[Level, ...] = ("fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug")
"""By the severity of syslog and journald, 0 to 7."""

LEVEL_WORDS = (
    "TRACE VERBOSE FINEST FINER FINE DEBUG CONFIG INFORMATION INFO NOTICE WARNING WARN ERROR SEVERE FAILURE FATAL "
    "CRITICAL CRIT ALERT EMERG PANIC ERR"
).split()
"""What a format's `{{level}}` stands for, in capitals, in small letters and as a name; longer ones first."""


def level_of_word(word: str) -> Level | None:
    """The level that a log means by `word`, None when it is none that is known."""
    return _BY_WORD.get(word.strip("[]()<>:|\"' \t").lower())


def level_of_priority(number: int) -> Level | None:
    """The level of a syslog priority: facility times eight plus severity."""
    return SYSLOG[number & 7] if 0 <= number <= 191 else None


def level_of_number(number: int) -> Level | None:
    """The level of a number as bunyan, pino and Python count: 10 trace to 60 fatal; below 8 as syslog does."""
    if 0 <= number < 8:
        return SYSLOG[number]
    by_tens: tuple[Level, ...] = ("trace", "debug", "info", "warning", "error", "fatal")
    return by_tens[number // 10 - 1] if 10 <= number < 70 else None
