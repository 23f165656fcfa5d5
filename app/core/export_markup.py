"""An answer's Markdown as HTML that loads nothing and leads nowhere, for files that leave the program.

HTML in the text stays text, images become a word, links show their address. Knows no citations and no style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST_ADDRESS = 300
_HEADINGS_ABOVE = 3
_BLOCKS = frozenset(("paragraph_open", "heading_open", "list_item_open", "blockquote_open", "th_open", "td_open"))


def to_html(text: str) -> str:
    """`text`, Markdown, as HTML blocks. Each is set in the direction of its own words; headings begin at h4."""
    markdown = _markdown()
    tokens = markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _HEADINGS_ABOVE)}"
        if token.type == "fence":
            # A language would become an attribute; only words may hold what an answer says.
            token.info = ""
        if token.type in _BLOCKS:
            # A style attribute would be refused by the page's own policy.
            align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            token.attrs |= {"dir": "auto", "class": align} if align else {"dir": "auto"}
        if token.children:
            token.children = _inert(token.children)
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return html


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def _inert(children: Sequence[Token]) -> list[Token]:
    """Without links and images, in words instead."""
    from markdown_it.token import Token

    def words(content: str) -> Token:
        return Token("text", "", 0, content=content)

    result: list[Token] = []
    begun: list[tuple[str, int]] = []
    for token in children:
        if token.type == "image":
            result.append(words(f"[image: {token.content}]" if token.content else "[image]"))
        elif token.type == "link_open":
            begun.append((str(token.attrs.get("href", "")), len(result)))
        elif token.type == "link_close" and begun:
            address, first = begun.pop()
            shown = "".join(t.content for t in result[first:]).strip()
            if address.removeprefix("mailto:") != shown:
                result.append(words(f" ({_short(address)})"))
        else:
            result.append(token)
    return result


def _short(address: str) -> str:
    return address if len(address) <= _LONGEST_ADDRESS else f"{address[:_LONGEST_ADDRESS]}…"
