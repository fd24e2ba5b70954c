"""How large the next batch may be, by how long the one before took: a slow catalogue makes batches smaller. Pure.

A task that works through a backlog can only stop between batches: a batch that is under way when its time is over is
finished, since what was written without its checkpoint would be written again. So no batch may take long. The first is
small, because nobody knows yet how fast the catalogue is; from then on each is as large as what was measured allows.
"""

from __future__ import annotations

#: Messages in the first batch; with a healthy catalogue the second is a large one.
FIRST = 1000
#: Share of ``max_duration`` that one batch may take from its reading to its checkpoint.
SHARE = 0.25
#: A batch is at most so many times as large as the one before.
GROWTH = 10


def first_size(most: int) -> int:
    """Return how many messages the first batch may have.

    :param most: ``max_events``
    """
    return min(FIRST, most)


def next_size(size: int, read: int, seconds: float, max_duration: float, most: int) -> int:
    """Return how many messages the next batch may have: at least 1, at most ``most``.

    :param size: how many the last batch was allowed
    :param read: how many it had; fewer when there were no more, or when they were large
    :param seconds: how long it took, from when it was read to when its checkpoint had moved
    :param max_duration: of the task, seconds
    :param most: ``max_events``
    """
    allowed = SHARE * max_duration
    if read == 0:
        return size
    if seconds > allowed:
        return max(1, min(size, int(read * allowed / seconds)))
    if read < size:
        # It says nothing about larger ones.
        return size
    fit = read * allowed / seconds if seconds > 0 else most
    return int(min(most, GROWTH * size, fit))
