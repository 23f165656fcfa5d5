"""The page of a self-check holds everything, and loads, runs and leads to nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

from bs4 import BeautifulSoup

from app.core.selfcheck.page import to_page
from engine.selfcheck.plan import Plan
from engine.selfcheck.verdicts import cells, verdict
from tests.engine.selfcheck.sample_reports import failed_precondition, sampled

EVIL = '<script>alert(1)</script><img src="http://evil.example/x.png">'
PLAN = Plan("standard", (1024, 4096, 8192), ("multikey", "variable"), bands=5, each=4)
REPORT = sampled(lambda task, length, depth: 0.9 if length < 8000 else 0.2, PLAN)


def test_everything_stands_in_it() -> None:
    report = replace(REPORT, notes=("The model was trained on less.",), ended="time")
    soup = BeautifulSoup(to_page(report), "html.parser")
    heading = soup.find("h1")
    assert heading is not None and heading.get_text() == verdict(report)
    text = soup.get_text(" ")
    for expected in (report.fingerprint, "rope_base", "plumbline-1", "The model was trained on less."):
        assert expected in text
    assert "The time was over" in text
    for condition in report.preconditions:
        assert condition.name in text and condition.found in text
    titles = [title.get_text() for title in soup.find_all("title")]
    assert len([title for title in titles if "confidence)" in title]) == len(cells(report))
    assert len([title for title in titles if "with 95 % confidence" in title]) == 6, "a point a class and length"
    rows = [row.get_text(" ") for row in soup.find_all("tr")]
    for trial in report.trials:
        assert any(trial.question in row and trial.needles[0] in row and trial.got in row for row in rows)


def test_a_failed_precondition_is_named() -> None:
    report = failed_precondition(4096)
    page = to_page(report)
    assert "✗ does not hold" in page and "KV cache" in verdict(report) and verdict(report) in page
    assert "not tested" in page


def test_nothing_is_loaded_and_nothing_runs() -> None:
    trial = replace(REPORT.trials[0], question=EVIL, got=EVIL, needles=(EVIL,), why=EVIL, passed=False)
    report = replace(REPORT, model=EVIL, notes=(EVIL,), text=EVIL, trials=(trial, *REPORT.trials[1:]))
    html = to_page(report)
    assert html.count("<script") == html.count("<img") == 0
    assert "http://" not in re.sub(r'xmlns="http://www.w3.org/2000/svg"', "", html).replace("http://evil", "")
    (sheet,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not re.search(r"url\(|@import|://", sheet)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html and "default-src 'none'" in html
    assert ' style="' not in html, "the page's own policy would refuse it"
