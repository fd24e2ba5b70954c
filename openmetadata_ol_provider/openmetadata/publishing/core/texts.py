"""Compares texts with what the server makes of them: from 1.13 on, a create request stores descriptions encoded."""

from __future__ import annotations

import html


def is_encoded(stored: object, text: str) -> bool:
    """Return whether a stored text is another one as the server encodes it, so that people read ``&#39;``.

    :param stored: text in the catalogue
    :param text: text as it was sent
    """
    return isinstance(stored, str) and stored != text and "&" in stored and html.unescape(stored) == text
