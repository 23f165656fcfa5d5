"""The templates of a folded log as JSON."""

from __future__ import annotations

from typing import Any

from ingest.document import Document


def templates_json(document: Document) -> list[dict[str, Any]]:
    """The "templates" field of a log that was read folded, by number; a template stands in one place only."""
    from ingest.log_fold_text import FoldedText, moment, template_text

    found = {
        template.number: template
        for section in document.sections
        if isinstance(section.body, FoldedText)
        for template in section.body.templates
    }
    return [
        {
            "number": number,
            "count": template.count,
            "whole": len(template.whole),
            "first": None if template.first is None else moment(template.first).replace(" ", "T"),
            "last": None if template.last is None else moment(template.last).replace(" ", "T"),
            "line": template.line,
            "levels": list(template.levels),
            "sources": list(template.sources),
            "text": template_text(template),
        }
        for number, template in sorted(found.items())
    ]
