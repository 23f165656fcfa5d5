"""Plain text becomes one section, Markdown a section for each heading; both keep the file's lines as they are.

Markdown is cut, never rendered: what the model reads and quotes is what stands in the file. Knows no files.
"""

from __future__ import annotations

import re

from ingest.code import code_sections
from ingest.document import Section, Span

LARGEST_MARKDOWN = 8 << 20

_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`~]+|\s*\{#[^}]*\}\s*\Z")


def text_sections(name: str, text: str) -> tuple[Section, ...]:
    """The whole of `text` (not blank) as one section named after the file."""
    return code_sections(name, text)


def markdown_sections(name: str, text: str) -> tuple[Section, ...]:
    """A section from each heading to the next, labelled with it; what stands before the first has the file's name.

    Headings inside lists, quotes and code are no headings of the document. Text of more than LARGEST_MARKDOWN
    characters stays one section.
    """
    found = [(start, label) for start, label, _ in headings(text)]
    if not found:
        return text_sections(name, text)
    *ended, rest = text.split("\n")
    lines = [f"{line}\n" for line in ended] + ([rest] if rest else [])
    starts = [(0, name), *found] if found[0][0] > 0 else found
    ends = [start for start, _ in starts[1:]] + [len(lines)]
    sections: list[Section] = []
    for (start, label), end in zip(starts, ends, strict=True):
        body = "".join(lines[start:end])
        if body.strip():
            sections.append(Section(label or name, Span(lines=(start + 1, end)), body))
    return tuple(sections)


def headings(text: str) -> list[tuple[int, str, int]]:
    """Row (from 0), words and level (from 1) of each heading; none in more than LARGEST_MARKDOWN characters."""
    if len(text) > LARGEST_MARKDOWN:
        return []
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").disable(["inline", "text_join"])
    # YAML in front would be read as a heading underlined with dashes. Blank lines in its place keep the numbers.
    front = _FRONT_MATTER.match(text)
    if front:
        text = "\n" * front.group().count("\n") + text[front.end() :]
    tokens = parser.parse(text)
    return [
        (token.map[0], " ".join(_MARKUP.sub(r"\1", tokens[i + 1].content).split()), int(token.tag[1:]))
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
