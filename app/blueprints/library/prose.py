"""Markdown to a page: no raw HTML, and links only to http and https."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

_reader = MarkdownIt("commonmark", {"html": False}).enable("table")


def _only_outside(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "href"):
        return value if value.lower().startswith(("https://", "http://")) else None
    return value if (tag, attribute) in (("ol", "start"), ("a", "rel")) else None


@lru_cache(maxsize=256)
def as_html(text: str) -> Markup:
    """The text as safe HTML. Kept by its content, as a tutorial is read far more often than written."""
    return Markup(
        nh3.clean(
            _reader.render(text),
            tags=TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            attribute_filter=_only_outside,
            url_schemes={"http", "https"},
            link_rel="noopener noreferrer",
        )
    )
