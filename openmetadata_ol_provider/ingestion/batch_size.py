"""Sets the size of the next batch from the duration of the last one: a slow catalogue gets smaller batches.

A task that works through a backlog can only stop between batches: a batch that is in progress when the time is over is
finished, because writes without their checkpoint would be repeated. So no batch may take long. The first one is small,
because the catalogue's speed is not known yet; each later one is as large as the measured speed allows: that of the
batch before it, or of the one before that if it is prepared in advance.
"""

from __future__ import annotations

#: Messages in the first batch; with a healthy catalogue the second one is large.
FIRST_SIZE = 1000
#: Share of ``max_duration`` that one batch may take, from reading it to moving the checkpoint.
DURATION_SHARE = 0.25
#: Largest ratio of a batch's size to that of the one before.
MAX_GROWTH = 10


def first_size(max_events: int) -> int:
    """Return the largest number of messages of the first batch."""
    return min(FIRST_SIZE, max_events)


def next_size(size: int, read: int, seconds: float, max_duration: float, max_events: int) -> int:
    """Return the largest number of messages of the next batch: at least 1, at most ``max_events``.

    :param size: largest number of messages of the last batch
    :param read: messages in the last batch; fewer than ``size`` when there were no more, or when they were large
    :param seconds: seconds from when the last batch was read, or the task was free for it, whichever is later, to
        moving its checkpoint
    :param max_duration: largest duration of the task, in seconds
    :param max_events: largest number of messages of any batch
    """
    allowed = DURATION_SHARE * max_duration
    if read == 0:
        return size
    if seconds > allowed:
        return max(1, min(size, int(read * allowed / seconds)))
    if read < size:
        # A batch that was not full says nothing about larger ones.
        return size
    affordable = read * allowed / seconds if seconds > 0 else max_events
    return int(min(max_events, MAX_GROWTH * size, affordable))
