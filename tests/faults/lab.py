"""Where scenarios take place: the broker, the tasks, the outcomes undisturbed, and what is noted for the table."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.faults.mix import Feed, mix
from tests.faults.outcome import Outcome
from tests.faults.tasks import Ended, Tasks
from tests.faults.world import Form, World, new_topic
from tests.real_kafka.cluster import RealKafka


class Notes:
    """What is noted of one scenario."""

    def __init__(self) -> None:
        self.worlds = 0
        self.ends: dict[str, int] = {}
        self.runs = 0
        self.doubled = 0
        #: What else there is to say.
        self.said: list[str] = []
        #: What is lost, where that is the documented outcome.
        self.loss = ""

    def ended(self, *ends: Ended) -> None:
        """Note how disturbed tasks ended."""
        for end in ends:
            self.ends[end.word] = self.ends.get(end.word, 0) + 1

    def text(self) -> str:
        """Return the notes in words, for the table."""
        words = {"done": "went through", "failed": "failed", "killed": "killed"}
        parts = [f"{self.ends[word]} {words[word]}" for word in words if word in self.ends]
        after = f" after {_count(self.runs, 'more run')}" if self.runs else ""
        parts.append(f"{self.loss} as undisturbed{after}".lstrip())
        if self.doubled:
            parts.append(f"{_count(self.doubled, 'dead letter')} twice, marked")
        return "; ".join([*parts, *self.said])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


class Lab:
    """What all scenarios share.

    :param kafka: the broker; started again when it does not run
    :param tasks: where tasks run
    """

    def __init__(self, kafka: RealKafka, tasks: Tasks) -> None:
        self.kafka = kafka
        self.tasks = tasks
        self.notes = Notes()
        self._topics: dict[str, str] = {}
        self._undisturbed: dict[tuple[Form, str], Outcome] = {}

    @contextlib.contextmanager
    def world(
        self, form: Form, feed: Feed | None = None, *, own_topic: bool = False, timeout: float = 20.0
    ) -> Iterator[World]:
        """Open a world.

        :param own_topic: make a topic for it, which the scenario may do anything to; otherwise it is only read
        """
        feed = feed or mix()
        topic = None if own_topic else self._topics.get(feed.name)
        if topic is None:
            topic = new_topic(self.kafka, feed.messages, feed.partitions)
        if not own_topic:
            self._topics[feed.name] = topic
        with World(self.kafka, self.tasks, form, feed, topic, timeout) as world:
            yield world

    def undisturbed(self, form: Form, feed: Feed | None = None) -> Outcome:
        """Return what there is after runs that nothing disturbs."""
        feed = feed or mix()
        key = (form, feed.name)
        if key not in self._undisturbed:
            with self.world(form, feed) as world:
                world.work_off()
                self._undisturbed[key] = world.outcome()
        return self._undisturbed[key]

    def repaired(self, world: World, feed: Feed | None = None, undisturbed: Outcome | None = None) -> None:
        """Run the DAG until nothing is left to do, see that all is as undisturbed, and note it."""
        repair = world.repaired(undisturbed or self.undisturbed(world.form, feed))
        self.notes.worlds += 1
        self.notes.runs = max(self.notes.runs, repair.runs)
        self.notes.doubled = max(self.notes.doubled, repair.doubled)


class Scenario(NamedTuple):
    """One row of the table.

    :param chapter: which table
    :param fault: what happens
    :param where: when it happens
    :param form: of the DAG
    :param act: makes it happen, and checks what comes of it
    :param quick: run with every build
    """

    chapter: str
    fault: str
    where: str
    form: Form
    act: Callable[[Lab, Form], None]
    quick: bool = False

    @property
    def id(self) -> str:
        """Return its name as a test."""
        return f"{self.fault}, {self.where}, {self.form}"
