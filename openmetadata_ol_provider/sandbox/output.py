"""Where this process and what it starts print to: Airflow prints much that nobody who runs it from here wants."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stdout_to(descriptor: int) -> Iterator[None]:
    """Have all that is printed go to another open file.

    :param descriptor: that file's
    """
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)
