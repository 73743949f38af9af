"""A model card's Markdown as HTML for a page: headings below the page's own, no HTML, links or pictures of its own."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

_BELOW = 2
"""The page and its section have a heading each."""


def html(text: str) -> Markup:
    """The card; whatever it holds is text, for a name in it may come from outside."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + _BELOW, 6)}"
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return parser.disable(["link", "image", "autolink", "html_block", "html_inline"])
