"""Self-checks as they are kept: each trial as soon as it is asked, found again by what the model was and how it ran.

A check that was stopped, or whose program died, is there with all its trials and can be gone on with. Nothing that
follows from trials is stored: every figure is worked out from them anew. Knows no engine and no window.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from app.core.errors import CoreError
from app.core.selfcheck.kept_file import ChecksFile
from engine.selfcheck.report import Report, Trial

KEPT_UNFINISHED = datetime.timedelta(days=30)
MOST_OF_ONE_KIND = 20
"""Finished checks of one fingerprint that stay; the oldest go first."""

_TRIAL_FIELDS = tuple(field.name for field in fields(Trial))
_COLUMNS = ", ".join(_TRIAL_FIELDS)
_ABOUT = frozenset(field.name for field in fields(Report)) - {"trials"}


class CheckUnknown(CoreError):
    """No self-check has this number."""

    kind = "check_unknown"


@dataclass(frozen=True, slots=True)
class Kept:
    """One check. started, finished: ISO 8601, UTC; finished is "" while it is not. seed: of its questions."""

    id: int
    seed: int
    started: str
    finished: str
    report: Report


class KeptChecks(ChecksFile):
    """The file of self-checks, open. Every method may raise StoreError."""

    def begin(self, report: Report, *, plan: str, seed: int) -> int:
        """The number of a new check. report: what is known of it, without trials. plan: text, the same for the same."""
        moment = _now()
        model = str(report.facts.get("model", ""))
        # Until it says otherwise it is one that was stopped.
        about = _about(replace(report, started=moment, ended="cancelled"))
        with self._writing() as connection:
            _tidy(connection)
            cursor = connection.execute(
                "INSERT INTO checks (fingerprint, facts, model, level, plan, seed, about, started)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (report.fingerprint, json.dumps(dict(report.facts)), model, report.level, plan, seed, about, moment),
            )
            return int(cursor.lastrowid or 0)

    def add(self, check: int, trials: Iterable[Trial]) -> None:
        """Keep trials, safe when this returns. One that is there already stays as it is."""
        rows = [(check, *_row(trial)) for trial in trials]
        marks = ", ".join("?" * (len(_TRIAL_FIELDS) + 1))
        with self._writing() as connection:
            _require(connection, check)
            connection.executemany(f"INSERT OR IGNORE INTO trials (check_id, {_COLUMNS}) VALUES ({marks})", rows)

    def save(self, check: int, report: Report, *, finished: bool) -> None:
        """Keep how far it came: all of `report` but its trials, and those that are not there yet.

        finished: it counts as a result.
        """
        self.add(check, report.trials)
        with self._writing() as connection:
            started = _require(connection, check)
            about = _about(replace(report, started=started))
            connection.execute(
                "UPDATE checks SET about = ?, finished = ? WHERE id = ?", (about, _now() if finished else None, check)
            )

    def load(self, check: int) -> Kept:
        """Raises CheckUnknown."""
        with self._reading() as connection:
            row = connection.execute(f"{_CHECK} WHERE id = ?", (check,)).fetchone()
            if row is None:
                raise _unknown(check)
            return _kept(connection, row)

    def latest(self, fingerprint: str, plan: str, seed: int | None = None) -> Kept | None:
        """The newest check with this plan, finished or not. seed: only with this one."""
        query = f"{_CHECK} WHERE fingerprint = ? AND plan = ? AND (? IS NULL OR seed = ?)"
        return self._first(query, (fingerprint, plan, seed, seed))

    def newest(self, fingerprint: str) -> Kept | None:
        """The last finished check of a model that ran just so, of whatever level."""
        return self._first(f"{_CHECK} WHERE finished IS NOT NULL AND fingerprint = ?", (fingerprint,), by="finished")

    def newest_of_model(self, model: str) -> Kept | None:
        """The last finished check of the same model file, however it ran. model: the fact of this name."""
        query = f"{_CHECK} WHERE finished IS NOT NULL AND model = ? AND model != ''"
        return self._first(query, (model,), by="finished")

    def finished(self, *, fingerprint: str = "", model: str = "", levels: Iterable[str] = ()) -> list[int]:
        """Numbers of finished checks, the newest first, of a fingerprint or of a model file, of these levels alone."""
        column, value = ("fingerprint", fingerprint) if fingerprint else ("model", model)
        query = (
            f"SELECT id, level FROM checks WHERE finished IS NOT NULL AND {column} = ? ORDER BY finished DESC, id DESC"
        )
        wanted = frozenset(levels)
        with self._reading() as connection:
            rows = connection.execute(query, (value,)).fetchall()
        return [number for number, level in rows if not wanted or level in wanted]

    def forget(self, check: int) -> None:
        """Remove a check with its trials."""
        with self._writing() as connection:
            connection.execute("DELETE FROM checks WHERE id = ?", (check,))

    def _first(self, query: str, values: tuple[Any, ...], *, by: str = "started") -> Kept | None:
        with self._reading() as connection:
            row = connection.execute(f"{query} ORDER BY {by} DESC, id DESC", values).fetchone()
            return None if row is None else _kept(connection, row)


_CHECK = "SELECT id, seed, started, finished, facts, fingerprint, about FROM checks"


def _kept(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Kept:
    number, seed, started, finished, facts, fingerprint, about = row
    query = f"SELECT {_COLUMNS} FROM trials WHERE check_id = ? ORDER BY id"
    trials = tuple(map(_trial, connection.execute(query, (number,))))
    plain = {name: value for name, value in json.loads(about).items() if name in _ABOUT}
    report = report_of({**plain, "facts": json.loads(facts), "fingerprint": fingerprint})
    return Kept(number, seed, started, finished or "", replace(report, trials=trials, started=started))


def report_of(plain: Mapping[str, Any]) -> Report:
    """The report that `Report.as_json` gave these values for; what a newer version added is left out."""
    from engine.selfcheck.report import Precondition

    values: dict[str, Any] = {name: value for name, value in plain.items() if name in _ABOUT}
    # JSON knows no tuples.
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    values["preconditions"] = tuple(
        Precondition(*(entry[name] for name in ("name", "holds", "expected", "found")))
        for entry in values.get("preconditions", ())
    )
    trials = tuple(Trial(**{**entry, "needles": tuple(entry["needles"])}) for entry in plain.get("trials", ()))
    return Report(**values, trials=trials)


def _about(report: Report) -> str:
    plain = report.as_json()
    return json.dumps({name: value for name, value in plain.items() if name in _ABOUT})


def _row(trial: Trial) -> list[Any]:
    values = asdict(trial)
    values["needles"] = json.dumps(list(trial.needles))
    return [_storable(values[name]) for name in _TRIAL_FIELDS]


def _trial(row: tuple[Any, ...]) -> Trial:
    values = dict(zip(_TRIAL_FIELDS, row, strict=True))
    values["needles"] = tuple(json.loads(values["needles"]))
    values["passed"] = bool(values["passed"])
    values["agrees"] = None if values["agrees"] is None else bool(values["agrees"])
    return Trial(**values)


def _storable(value: Any) -> Any:
    # A model may write half a character, which UTF-8 cannot hold.
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _require(connection: sqlite3.Connection, check: int) -> str:
    row = connection.execute("SELECT started FROM checks WHERE id = ?", (check,)).fetchone()
    if row is None:
        raise _unknown(check)
    return str(row[0])


def _unknown(check: int) -> CheckUnknown:
    return CheckUnknown(f"There is no self-check number {check}.", hint="Measure again; it may have been removed.")


def _tidy(connection: sqlite3.Connection) -> None:
    """Remove what nobody will go on with, and all but the last of what was measured again and again."""
    old = (datetime.datetime.now(datetime.UTC) - KEPT_UNFINISHED).isoformat(timespec="microseconds")
    connection.execute("DELETE FROM checks WHERE finished IS NULL AND started < ?", (old,))
    connection.execute(
        "DELETE FROM checks WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY fingerprint ORDER BY finished DESC, id DESC) AS place FROM checks WHERE finished IS NOT NULL)"
        " WHERE place > ?)",
        (MOST_OF_ONE_KIND,),
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
