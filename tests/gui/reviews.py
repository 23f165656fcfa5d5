"""A small program with mistakes in it, and what a review of it found: for tests and pictures of the review."""

from __future__ import annotations

from dataclasses import replace

from app.core.review.finding import Checked, Finding, Omitted, PassReport, Quoted, Review, Severity
from app.core.review.wanted import Reviewed

GUARD = '''"""Whether the jib may slew."""

from __future__ import annotations

from dataclasses import dataclass

from crane.clock import Clock
from crane.switch import Reading, Switch


@dataclass(frozen=True, slots=True)
class Limits:
    """Angles in degrees between which the jib may stand."""

    left: float
    right: float

    def hold(self, angle: float) -> bool:
        """Whether an angle lies inside."""
        return self.left <= angle <= self.right


class SlewGuard:
    """Stops the jib when the switch says no."""

    STALE_AFTER_S = 2.0
    HOLD_LAST_GOOD_S = 30.0

    def __init__(self, clock: Clock, switch: Switch) -> None:
        self._clock = clock
        self._switch = switch
        self._last_good: bool | None = None

    def may_turn(self, direction: str) -> bool:
        reading = self._switch.read()
        age = self._clock.now() - reading.taken_at
        if age > self.STALE_AFTER_S:
            # keep the last good value
            # through radio gaps
            if age < self.HOLD_LAST_GOOD_S:
                return self._last_good
            return False
        self._last_good = reading.free(direction)
        return self._last_good

    def describe(self, reading: Reading) -> str:
        state = "free" if reading.free("left") and reading.free("right") else "held"
        return f"slew {state}, {self._clock.now() - reading.taken_at:.1f} s old"
'''
SESSION = """import logging
import sqlite3

log = logging.getLogger(__name__)


class Session:
    def __init__(self, user, password):
        self.user = user
        self._password = password

    def sign_in(self, link):
        log.info("signing in %s with %s", self.user, self._password)
        while True:
            if link.send(self.user, self._password):
                return
            log.warning("no answer, trying again")

    def history(self, database, crane):
        query = "select * from lifts where crane = '" + crane + "'"
        return [row for row in sqlite3.connect(database).execute(query)]
"""
HISTORY = """package store

import "database/sql"

type Lift struct {
\tCrane string
\tLoad  float64
}

func Heaviest(db *sql.DB, crane string) (Lift, error) {
\trows, _ := db.Query("select crane, load from lifts")
\tvar best Lift
\tfor rows.Next() {
\t\tvar lift Lift
\t\trows.Scan(&lift.Crane, &lift.Load)
\t\tif lift.Crane == crane && lift.Load > best.Load {
\t\t\tbest = lift
\t\t}
\t}
\treturn best, nil
}
"""
TEXTS = {
    "crane/slew_guard.py": GUARD,
    "gateway/session.py": SESSION,
    "store/history.go": HISTORY,
}
_STALE = """--- a/crane/slew_guard.py
+++ b/crane/slew_guard.py
@@ -36,9 +36,6 @@
         age = self._clock.now() - reading.taken_at
         if age > self.STALE_AFTER_S:
-            # keep the last good value
-            # through radio gaps
-            if age < self.HOLD_LAST_GOOD_S:
-                return self._last_good
+            # a switch that is silent holds the jib
             return False
         self._last_good = reading.free(direction)
         return self._last_good
"""
_QUERY = """--- a/gateway/session.py
+++ b/gateway/session.py
@@ -18,4 +18,4 @@

     def history(self, database, crane):
-        query = "select * from lifts where crane = '" + crane + "'"
-        return [row for row in sqlite3.connect(database).execute(query)]
+        query = "select * from lifts where crane = ?"
+        return [row for row in sqlite3.connect(database).execute(query, (crane,))]
"""


def found(
    path: str,
    lines: tuple[int, int],
    severity: Severity,
    category: str,
    title: str,
    explanation: str,
    *,
    quoted: Quoted = "confirmed",
    **more: str | float,
) -> Checked:
    """A finding, its quote taken from the code unless told otherwise."""
    first, last = lines
    quote = str(more.pop("quote", "\n".join(TEXTS[path].split("\n")[first - 1 : last])))
    reason = str(more.pop("reason", ""))
    finding = Finding(path, first, last, severity, category, title, explanation, quote, confidence=0.9)
    finding = replace(finding, **more)  # type: ignore[arg-type]
    return Checked(finding, quoted, "applies" if finding.suggestion else "none", f"{path} {title}", reason)


def checked() -> tuple[Checked, ...]:
    """Eight of all kinds; one is not confirmed by the code, one suggestion does not apply."""
    stale = found(
        "crane/slew_guard.py",
        (38, 41),
        "error",
        "stale-value",
        "A stale reading keeps the jib turning for 30 s",
        "A reading older than 2 s still answers with the last good value, so a broken switch lets the crane turn for "
        "half a minute.",
        suggestion=_STALE,
        confidence=0.94,
        checklist="bugs",
    )
    password = found(
        "gateway/session.py",
        (13, 13),
        "error",
        "secret-in-log",
        "The password is written to the log on every attempt to sign in",
        "Whoever can read the log can sign in as this user.",
        cwe="CWE-532",
        checklist="security",
    )
    query = found(
        "gateway/session.py",
        (20, 21),
        "error",
        "injection",
        "The name of the crane is pasted into the query",
        "A name with a quote in it changes what the query does.",
        cwe="CWE-89",
        suggestion=_QUERY,
        checklist="security",
        confidence=0.71,
    )
    retry = found(
        "gateway/session.py",
        (14, 17),
        "warning",
        "endless-retry",
        "The loop never gives up and never waits",
        "A link that is down keeps one core busy and fills the log.",
        checklist="bugs",
    )
    scan = found(
        "store/history.go",
        (11, 11),
        "warning",
        "error-ignored",
        "The error of the query is thrown away",
        "When the query fails, rows is nil and the loop panics.",
        cwe="CWE-252",
        suggestion="--- a/store/history.go\n+++ b/store/history.go\n@@ -11 +11 @@\n-\trows := db.Query()\n"
        "+\trows, err := db.Query()\n",
        checklist="bugs",
    )
    scan = replace(scan, patch="fails", reason="Line 11 of the file is not what the change takes away.")
    table = found(
        "store/history.go",
        (11, 19),
        "warning",
        "whole-table",
        "The whole table is read to find one row",
        "The database can find the heaviest lift of one crane by itself.",
        checklist="performance",
        confidence=0.55,
    )
    twice = found(
        "crane/slew_guard.py",
        (36, 36),
        "warning",
        "time-twice",
        "The clock is read twice and the results may differ",
        "The age of a reading can become negative between both.",
        quoted="unconfirmed",
        quote="age = time.time() - reading.taken_at\nnow = time.time()",
        reason="The quoted code stands nowhere in crane/slew_guard.py.",
        checklist="bugs",
        confidence=0.38,
    )
    unit = found(
        "crane/slew_guard.py",
        (34, 34),
        "note",
        "undocumented",
        "The directions that may_turn takes are not said",
        "Whoever calls it has to read Switch to learn that they are left and right.",
        checklist="api",
    )
    return stale, password, query, retry, scan, table, twice, unit


def passed(number: int, checklist: str, findings: int, *, problem: str = "") -> PassReport:
    """A pass over all files."""
    return PassReport(number, tuple(TEXTS), checklist, 6200, 5400, 800, 310, 41.0, findings, problem)


def reviewed(findings: tuple[Checked, ...] | None = None, *, cancelled: bool = False) -> Reviewed:
    """The review of all of it."""
    review = Review(
        "/srv/crane-controller",
        "148 files",
        ("bugs", "security"),
        "plumbline-pocket-3",
        "2026-03-14T14:02:00+00:00",
        checked() if findings is None else findings,
        (passed(1, "bugs", 5), passed(1, "security", 3)),
        (Omitted("crane/map.bin", "It holds no text."),),
        cancelled,
    )
    return Reviewed(review, TEXTS)
