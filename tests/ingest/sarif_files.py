"""SARIF as ruff, Semgrep and CodeQL write it, cut down to a few results each; written by hand after their shape."""

from __future__ import annotations

import json
from typing import Any


def ruff(*, indent: int | None = 2) -> str:
    """Absolute file addresses, rules without levels."""
    return json.dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "runs": [
                {
                    "results": [
                        _result(
                            "F401", "`os` imported but unused", "file:///work/tree/my%20pkg/a.py", 1, 1, level="error"
                        ),
                        _result(
                            "E501", "Line too long (120 > 100)", "file:///work/tree/my%20pkg/b.py", 7, 7, level="error"
                        ),
                    ],
                    "tool": {
                        "driver": {
                            "name": "ruff",
                            "version": "0.17.3",
                            "rules": [{"id": "F401", "shortDescription": {"text": "unused-import"}}, {"id": "E501"}],
                        }
                    },
                }
            ],
            "version": "2.1.0",
        },
        indent=indent,
    )


def semgrep() -> str:
    """Relative addresses with a base, snippets, a suppressed result."""
    shell = _result("python.subprocess-shell-true", "Found 'subprocess' with shell=True.", "src/run.py", 12, 14)
    shell["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "%SRCROOT%"
    shell["locations"][0]["physicalLocation"]["region"]["snippet"] = {
        "text": "    subprocess.run(\n        command, shell=True\n    )"
    }
    muted = _result("go.weak-hash", "MD5 is weak.", "src/hash.go", 3, 3)
    muted["suppressions"] = [{"kind": "inSource"}]
    rules = [
        {"id": "python.subprocess-shell-true", "defaultConfiguration": {"level": "error"},
         "properties": {"tags": ["CWE-78: OS Command Injection", "security"]}},
        {"id": "go.weak-hash", "defaultConfiguration": {"level": "note"}},
    ]  # fmt: skip
    tool = {"driver": {"name": "Semgrep OSS", "semanticVersion": "1.99.0", "rules": rules}}
    return json.dumps({"version": "2.1.0", "$schema": "x", "runs": [{"tool": tool, "results": [shell, muted]}]})


def codeql() -> str:
    """Rule and file by index, a message with placeholders, a base that is a folder."""
    result = {
        "rule": {"index": 1},
        "ruleIndex": 1,
        "message": {"id": "default", "arguments": ["user input", "this query"]},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 40, "startColumn": 5}}}
        ],
    }
    rules = [
        {"id": "js/unused"},
        {"id": "js/sql-injection", "messageStrings": {"default": {"text": "{1} depends on {0}; see {7}."}},
         "defaultConfiguration": {"level": "error"},
         "properties": {"tags": ["security", "external/cwe/cwe-089"]}},
    ]  # fmt: skip
    run = {
        "tool": {"driver": {"name": "CodeQL", "rules": rules}},
        "artifacts": [{"location": {"uri": "routes/b%C3%A4r.js", "uriBaseId": "APP"}}],
        "originalUriBaseIds": {"APP": {"uri": "web/", "uriBaseId": "TOP"}, "TOP": {"description": {"text": "x"}}},
        "results": [result],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=1)


def _result(rule: str, message: str, uri: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    region = {"startLine": first, "endLine": last, "startColumn": 1, "endColumn": 2}
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    return {"ruleId": rule, "message": {"text": message}, "locations": [place], **more}
