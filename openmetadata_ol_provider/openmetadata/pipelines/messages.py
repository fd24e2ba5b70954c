"""Error messages fit to be stored where others read them."""

from __future__ import annotations

import re

#: Longest message, in characters.
MAX_MESSAGE = 1000


def public_message(text: str) -> str | None:
    """Return an error message without stack trace and without what looks like a secret, bounded in length."""
    lines = []
    for line in text.splitlines():
        if re.match(r"\s*(Traceback \(|at \S+\(|File \"|Caused by:|\.\.\. \d+ more)", line):
            break
        lines.append(line)
    message = "\n".join(lines).strip()[:MAX_MESSAGE]
    message = re.sub(r"(://[^\s/:@]*:)[^\s@/]+@", r"\1***@", message)
    message = re.sub(
        r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key|credential)\w*[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
        r"\1***",
        message,
    )
    return message or None
