"""librdkafka's own log, in ours: each thing once, since it tells of every attempt to connect, many in a second."""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)

# The end may have brackets within brackets: "(after 0ms in state CONNECT, 1 identical error(s) suppressed)".
_CHANGING = re.compile(r"rdkafka#\w+-\d+|\((?:after \d+ms|\d+ identical error).*|\d+ms", re.DOTALL)
_REMEMBERED = 200


class ClientLog:
    """What a client of confluent_kafka takes as its logger; a line that it repeats is for debugging only."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def log(self, level: int, message: str, *args: object) -> None:
        """Take one line."""
        text = message % args if args else message
        kind = _CHANGING.sub("", text)
        if kind in self._told:
            level = logging.DEBUG
        elif len(self._told) < _REMEMBERED:
            self._told.add(kind)
        log.log(level, "%s", text)
