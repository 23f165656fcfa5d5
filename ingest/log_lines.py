"""Tells log lines from others by how they begin: a time, a level, or a record with a time in it.

Knows no files; looks at text that is already decoded.
"""

from __future__ import annotations

import re

from ingest.ansi import without_ansi

SAMPLE_LINES = 200
FEWEST_LINES = 3

_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|EMERG|ALERT|CRIT|ERR)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_BEGINNINGS = (
    r"(?:<\d{1,3}>(?:\d )?)?\[?\d{4}[-/.]\d\d[-/.]\d\d[T ,_-]\s?\d\d[:.]\d\d",
    r"\[?\d\d?[-/.]\d\d?[-/.]\d{2,4},?[T ]\s?\d\d?:\d\d",
    r"\[?\d\d?[ /-]" + _MONTH + r"[a-z]*[ /-]\d{4}[ :]\d\d:\d\d",
    r"(?:<\d{1,3}>(?:\d )?)?" + _MONTH + r" [ \d]\d \d\d:\d\d:\d\d",
    r"\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) " + _MONTH,
    r"\S+ \S+ \S+ \[\d\d/" + _MONTH + r"/\d{4}:",
    r"\d{6} \d{6} \d+ ",
    r"\S+ 1\d{9} \d{4}\.\d\d\.\d\d ",
    r"\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\b",
    r"\[ *\d+\.\d{3,9}\]",
    r"1\d{9}(?:\d{3})?(?:\.\d+)?[ \t:]",
    r"[IWEF]\d{4} \d\d:\d\d:\d\d",
    r"[<\[(]?" + _LEVEL + r"[>\])]?[ \t:|-]",
    r"(?:time|ts|timestamp|t|level|lvl)=",
    r"\{\s*\"(?:@?time(?:stamp)?|ts|t|date|level|lvl|severity|log)\"\s*:",
)
_BEGINS_A_RECORD = re.compile("|".join(f"(?:{pattern})" for pattern in _BEGINNINGS))


def begins_record(line: str) -> bool:
    """Whether `line` begins the way a log's records do."""
    return _BEGINS_A_RECORD.match(line) is not None


def looks_like_log(sample: str) -> bool:
    """Whether more than half of the first lines of `sample` that hold anything begin a record."""
    lines = [line for line in without_ansi(sample).split("\n", SAMPLE_LINES)[:SAMPLE_LINES] if line.strip()]
    if len(lines) < FEWEST_LINES:
        return False
    return 2 * sum(map(begins_record, lines)) > len(lines)
