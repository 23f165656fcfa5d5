"""A self-check as JSON. Its fields are stable: more may be added, what one means never changes. Knows no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.core.selfcheck.recall import recall_by_length
from engine.selfcheck.plan import BASELINE
from engine.selfcheck.report import Report
from engine.selfcheck.ruler.scoring import THRESHOLD
from engine.selfcheck.ruler_running import ruler_averages, ruler_length, ruler_scores
from engine.selfcheck.verdicts import by_length, cells, relative_to, verdict, verified

FIELDS = """  verified   {retrieval, reasoning}: tokens; null: not tested, 0: not even
             the shortest length
  verdict    one sentence
  cells      [{task, length, depth, n, passed, low, high, state}]
             length: tokens; depth: middle of the band in per cent, null where
             needles stand all over; low, high: 95 % Wilson interval
             state: pass | fail | undecided | untested
  lengths    [{task, length, n, passed, low, high, state, relative}]: over all
             depths, which is what verifies a length; relative: to the share
             at 4,096 tokens, null where that is not known
  recall     [{kind, length, n, passed, low, high}]: all tasks of a kind
  trials     [{task, length, depth, seed, number, question, needles, expected,
               got, margin, passed, why, how, position, agrees, share}]
             margin: log-probability of the right answer over the best decoy's
             how: scored | generated; agrees: whether writing it out gave the
             same verdict, null where that was not done; share: RULER's score
  tokens     {read, asked}, by the engine's count
  fingerprint, facts, suite, level, kinds: {task: kind}
  preconditions  [{name, holds, expected, found}]; holds: null: not known
  ended      done | time | cancelled
  model, context, kv, text, started, seconds, notes
  ruler      with --suite ruler: {effective, threshold, averages: {length},
             scores: {length: {task}}}, in per cent as published
"""
"""For --help."""


def report_json(report: Report) -> dict[str, Any]:
    """All of it as JSON values; every figure follows from the trials."""
    best = verified(report)
    relative = relative_to(report, BASELINE)
    return {
        "verified": {"retrieval": best.retrieval, "reasoning": best.reasoning},
        "verdict": verdict(report),
        "cells": [asdict(cell) for cell in cells(report)],
        "lengths": [
            _without(asdict(cell), "depth") | {"relative": relative.get(cell.task, {}).get(cell.length)}
            for cell in by_length(report)
        ],
        "recall": [asdict(recall) for recall in recall_by_length(report)],
        "trials": [asdict(trial) | {"needles": list(trial.needles)} for trial in report.trials],
        "tokens": {"read": report.read, "asked": report.asked},
        "fingerprint": report.fingerprint,
        "facts": dict(report.facts),
        "preconditions": [asdict(condition) for condition in report.preconditions],
        "suite": report.suite,
        "level": report.level,
        "kinds": dict(report.classes),
        "ended": report.ended,
        "model": report.model,
        "context": report.context,
        "kv": report.kv,
        "text": report.text,
        "started": report.started,
        "seconds": round(report.seconds, 2),
        "notes": list(report.notes),
        **({"ruler": _ruler(report)} if report.level == "ruler" else {}),
    }


def _ruler(report: Report) -> dict[str, Any]:
    return {
        "effective": ruler_length(report),
        "threshold": THRESHOLD,
        "averages": ruler_averages(report),
        "scores": ruler_scores(report),
    }


def _without(plain: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key != name}
