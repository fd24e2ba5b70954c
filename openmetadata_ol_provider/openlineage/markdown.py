"""Descriptions are Markdown, and Markdown may hold HTML: what a browser would run in it becomes plain text. Pure.

OpenMetadata cleans what it shows; this relies neither on that nor on what else shows the text. Plain formatting and
links to the web stay.
"""

from __future__ import annotations

import re

#: Tags that only format, as long as they have no attributes.
_FORMATTING = frozenset({
    "b", "i", "u", "s", "em", "strong", "code", "pre", "kbd", "sub", "sup", "small", "del", "ins", "mark", "br", "hr",
    "p", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "thead",
    "tbody", "tr", "th", "td",
})  # fmt: skip
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?:/?([A-Za-z][A-Za-z0-9]{0,9})\s?/?>|((?i:https?://|mailto:)[^\s<>]{1,2048}>))?")
# `[words](target)`, `[words](<target>)` and `[words]: target`
_LINK = re.compile(r"(\]\(\s*|^ {0,3}\[[^\]\n]{1,200}\]:\s*)(<[^<>\n]{0,4096}>?|[^\s()]{1,4096})", re.MULTILINE)
#: A target with a scheme of the web, or with none: there, what could be read as a colon is one, too.
_SAFE = re.compile(r"(?i:https?://|mailto:)|[^:&%\\]*$")


def harmless(text: str) -> str:
    """Return Markdown with which nobody can run anything in a reader's browser; it reads the same otherwise."""
    if "<" in text:
        text = _TAG.sub(lambda tag: tag[0] if _is_harmless(tag) else f"&lt;{tag[0][1:]}", text)
    if "](" in text or "]:" in text:
        text = _LINK.sub(lambda link: link[0] if _SAFE.match(link[2].strip("<>")) else f"{link[1]}#", text)
    return text


def _is_harmless(tag: re.Match[str]) -> bool:
    name, address = tag.groups()
    return address is not None or (name is not None and name.lower() in _FORMATTING)
