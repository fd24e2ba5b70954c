"""Error messages fit to be stored where others read them."""

from __future__ import annotations

import re

from openmetadata_ol_provider.openlineage.secrecy import concealed

#: Longest message, in characters.
MAX_MESSAGE = 1000


def public_message(text: str) -> str | None:
    """Return an error message without stack trace and without what looks like a secret, bounded in length."""
    lines = []
    for line in text[: 20 * MAX_MESSAGE].splitlines():
        if re.match(r"\s*(Traceback \(|at \S+\(|File \"|Caused by:|\.\.\. \d+ more)", line):
            break
        lines.append(line)
    # Cut last: what is left of half a credential does not look like one.
    return concealed("\n".join(lines), message=True).strip()[:MAX_MESSAGE] or None
