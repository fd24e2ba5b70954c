"""Changes a Variable that other tasks may change at the same moment.

Variables have no compare-and-set. So the text is read again right before it is written, and read back: what another
task has written is kept, and a change that it has overwritten is made again. What remains is a task that is paused
exactly between that reading and the write that follows, while another one makes its change and reads it back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.version_compat import get_variable, set_variable

#: Most times that a change is made, or something is read, while other tasks write.
MOST_TIMES: Final = 5


def change_variable(key: str, changed: Callable[[str], str], description: str) -> str:
    """Change the text of a Variable, and return it.

    :param changed: function that returns the text with the change; it is called again if another task has written
    :param description: description of the Variable, for people
    :raises CheckpointError: if other tasks write again and again
    """
    for _ in range(MOST_TIMES):
        before = _read(key)
        after = changed(before)
        if after == before:
            return after
        if _read(key) == before:
            set_variable(key, after, description)
            if _read(key) == after:
                return after
    raise contended(key)


def contended(key: str) -> CheckpointError:
    """Return the error for a Variable that other tasks write again and again."""
    return CheckpointError(
        f"Variable {key!r} was written by another task each of {MOST_TIMES} times that this one tried to; set "
        "max_active_runs to 1 and give each DAG its own state_key"
    )


def _read(key: str) -> str:
    return get_variable(key) or ""
