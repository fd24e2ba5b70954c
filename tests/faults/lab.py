"""Where scenarios take place: the broker, the tasks, the outcomes undisturbed, and what is noted for the table."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.faults.database import Database
from tests.faults.mix import Feed, mix
from tests.faults.outcome import Outcome
from tests.faults.party import Party
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
        words = {"done": "succeeded", "failed": "failed", "killed": "killed"}
        parts = [f"{self.ends[word]} {words[word]}" for word in words if word in self.ends]
        after = f" after {_count(self.runs, 'more run')}" if self.runs else ""
        parts.append(f"{self.loss} as undisturbed{after}".lstrip())
        if self.doubled:
            parts.append(f"{_count(self.doubled, 'duplicate dead letter')}, marked")
        return "; ".join([*parts, *self.said])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


class House:
    """The resources that all scenarios share; several of them may ask at the same time.

    :param kafka: the broker
    :param tasks: processes that run tasks
    """

    def __init__(self, kafka: RealKafka, tasks: Tasks) -> None:
        self.kafka = kafka
        self.tasks = tasks
        self.database = Database()
        #: Nobody wants to know any more what comes of the scenarios.
        self.over = False
        #: When a world was last opened, repaired or closed, by :func:`time.monotonic`.
        self.moved_at = time.monotonic()
        self._topics: dict[str, str] = {}
        self._undisturbed: dict[tuple[Form, str], tuple[Outcome, tuple[tuple[str, str], ...]]] = {}
        self._lock = threading.Lock()
        #: Who makes an outcome, by its key: the others who want it wait, and nobody else.
        self._makers: dict[tuple[Form, str], threading.Lock] = {}
        # The broker ends with the thread that has started it, and threads of scenarios do not last.
        self._lasting = ThreadPoolExecutor(1)

    def move(self) -> None:
        """Note that a scenario has got on."""
        self.moved_at = time.monotonic()

    def start_kafka(self) -> None:
        """Start the broker again."""
        self._lasting.submit(self.kafka.start).result()

    def topic(self, feed: Feed) -> str:
        """Return a topic with the messages of a feed, for all who only read it."""
        with self._lock:
            if feed.name not in self._topics:
                self._topics[feed.name] = new_topic(self.kafka, feed.messages, feed.partitions)
            return self._topics[feed.name]

    def undisturbed(self, form: Form, feed: Feed) -> tuple[Outcome, tuple[tuple[str, str], ...]]:
        """Return what there is after runs that nothing disturbs, and what the first of them asked the catalogue for."""
        key = (form, feed.name)
        with self._lock:
            maker = self._makers.setdefault(key, threading.Lock())
        with maker:
            if key not in self._undisturbed:
                with World(self.kafka, self.tasks, form, feed, self.topic(feed)) as world:
                    assert world.dag_run().go().word == "done"
                    calls = tuple((request.method, request.path) for request in world.catalogue.requests)
                    world.work_off()
                    self._undisturbed[key] = world.outcome(), calls
            return self._undisturbed[key]


class Lab:
    """What one scenario works with.

    :param house: what it shares with the others
    :param party: those that it meets
    """

    def __init__(self, house: House, party: Party) -> None:
        self.kafka = house.kafka
        self.start_kafka = house.start_kafka
        self.database = house.database
        self.tasks = house.tasks
        self.notes = Notes()
        self._house = house
        self._party = party

    @contextlib.contextmanager
    def world(
        self, form: Form, feed: Feed | None = None, *, own_topic: bool = False, timeout: float = 120.0
    ) -> Iterator[World]:
        """Open a world.

        :param own_topic: make a topic for it, which the scenario may do anything to; otherwise it is only read
        """
        assert not self._house.over, "given up"
        feed = feed or mix()
        topic = new_topic(self.kafka, feed.messages, feed.partitions) if own_topic else self._house.topic(feed)
        self._house.move()
        with World(self.kafka, self.tasks, form, feed, topic, timeout) as world:
            yield world
        self._house.move()

    def undisturbed(self, form: Form, feed: Feed | None = None) -> Outcome:
        """Return what there is after runs that nothing disturbs."""
        return self._house.undisturbed(form, feed or mix())[0]

    def calls(self, form: Form, feed: Feed) -> tuple[tuple[str, str], ...]:
        """Return what a first run that nothing disturbs asks the catalogue for: methods and paths."""
        return self._house.undisturbed(form, feed)[1]

    def repaired(self, world: World, feed: Feed | None = None, undisturbed: Outcome | None = None) -> None:
        """Run the DAG until nothing is left to do, see that all is as undisturbed, and note it."""
        repair = world.repaired(undisturbed or self.undisturbed(world.form, feed))
        self._house.move()
        self.notes.worlds += 1
        self.notes.runs = max(self.notes.runs, repair.runs)
        self.notes.doubled = max(self.notes.doubled, repair.doubled)

    def meet(self, act: Callable[[], object]) -> None:
        """Wait until all scenarios of the party have come so far; then one of them does for all what is to be done."""
        self._party.meet(act)


class Scenario(NamedTuple):
    """One row of the table.

    :param chapter: title of its table
    :param fault: description of the fault
    :param where: moment of the fault
    :param form: form of the DAG
    :param act: makes it happen, and checks what comes of it
    :param quick: run with every build
    :param party: those that the same fault hits at the same time, and that nobody else is to be disturbed by
    :param long: has many worlds; begun first
    """

    chapter: str
    fault: str
    where: str
    form: Form
    act: Callable[[Lab, Form], None]
    quick: bool = False
    party: str = ""
    long: bool = False

    @property
    def id(self) -> str:
        """Return its name as a test."""
        return f"{self.fault}, {self.where}, {self.form}"
