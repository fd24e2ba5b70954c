"""State is lost, damaged or moved back; old tasks are run again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import partial

from openmetadata_ol_provider.state.chain import slots_of
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.store import StateStore
from tests.faults.lab import Lab, Scenario
from tests.faults.mix import Message, mix, parts
from tests.faults.points import Stop
from tests.faults.world import FORMS, Form, World, at, new_topic, send

CHAPTER = "State is lost, damaged or moved back"
CLEARED = "Old tasks are cleared and run again"
#: Error of a task that another one has overtaken. Airflow retries the ingest operator.
_OVERTAKEN: dict[Form, str] = {
    "steps": "It was moved while the batch was published",
    "ingest": "a retry of this task continues from there",
}


@contextlib.contextmanager
def _between(lab: Lab, form: Form) -> Iterator[World]:
    """Open a world in which the first part of the messages was read and no run is open. The second part follows."""
    feed, first = parts()
    topic = new_topic(lab.kafka, feed.messages[:first])
    with World(lab.kafka, lab.tasks, form, feed, topic) as world:
        world.work_off()
        yield world


def _go_on(world: World) -> None:
    feed, first = parts()
    send(world.kafka, world.topic, feed.messages[first:])


def _repaired(lab: Lab, world: World) -> None:
    lab.repaired(world, parts()[0])


# -- state and checkpoint ----------------------------------------------------------------------------------------------


def _deleted(lab: Lab, form: Form) -> None:
    with _between(lab, form) as world:
        world.delete("")
        _go_on(world)
        _repaired(lab, world)


def _deleted_before_the_commit_was_made(lab: Lab, form: Form) -> None:
    with _between(lab, form) as world:
        _go_on(world)
        lab.notes.ended(world.dag_run().go(Stop("commit due")))
        world.delete("")
        _repaired(lab, world)


def _deleted_while_a_task_works(lab: Lab, form: Form) -> None:
    with _between(lab, form) as world:
        _go_on(world)
        ended = at("published", world.dag_run(), meanwhile=lambda: world.delete(""))
        assert ended.error is not None
        assert _OVERTAKEN[form] in ended.error[1]
        lab.notes.ended(ended)
        _repaired(lab, world)


def _first_batch(world: World) -> None:
    """Read one batch, which contains only the START of some runs."""
    if world.form == "steps":
        assert world.dag_run().go().word == "done"
    else:
        assert world.dag_run().go(Stop("committed")).word == "killed"


def _deleted_while_runs_are_open(lab: Lab, form: Form) -> None:
    """Delete it after the START of runs was read, but not their COMPLETE, and continue at the group's offsets.

    Only the contents of the START events are lost, and what waited to be written.
    """
    with lab.world(form) as world:
        _first_batch(world)
        state = StateStore(world.state_key).read_state()
        open_runs = [run for run in state.runs.runs.values() if not run.terminal]
        waited = [f"usage pipeline {count.pipeline_fqn} is missing" for count in state.held.counts.values()]
        names = {run.name.partition(".")[0] if run.name != "long.load" else run.name for run in open_runs}
        world.delete("")
        world.work_off()
        found = world.outcome()
        undisturbed = lab.undisturbed(form)
        wrong = found.differences(undisturbed)
        assert any("public.customers -> warehouse.shop.analytics_stg.stg_orders is missing" in text for text in wrong)
        # Ranks compare all pipelines of the day.
        others = [text for text in wrong if not any(name in text for name in (*names, *waited, "catalogue: rank"))]
        assert not others, others
        assert found.letters == undisturbed.letters
        assert found.checkpoint == undisturbed.checkpoint
        that_waited = f", {state.held} that waited" if state.held else ""
        lab.notes.loss = f"lost: earlier events of {len(open_runs)} open runs{that_waited}; everything else"


def _deleted_and_group_set_back(lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        _first_batch(world)
        world.delete("")
        world.commit(0)
        lab.repaired(world)


def _damaged(lab: Lab, form: Form) -> None:
    with _between(lab, form) as world:
        _go_on(world)
        world.store("offsets: 5")
        ended = world.dag_run().go()
        assert ended.error is not None
        assert "delete it to start from the offsets that the consumer group committed" in ended.error[1]
        lab.notes.ended(ended)
        world.delete("")
        _repaired(lab, world)


def _segment_deleted(lab: Lab, form: Form, *, restored: bool) -> None:
    """Delete a segment: the next run says which one is missing, and does nothing, until it is restored or given up."""
    with _between(lab, form) as world:
        slot = min(slots_of(StateStore(world.state_key)._document().segments))
        suffix = segment_key("", slot)
        text = world.variable(suffix)
        world.delete(suffix)
        _go_on(world)
        before = world.checkpoint()
        ended = world.dag_run().go()
        lab.notes.ended(ended)
        assert ended.error is not None
        assert f"Variable '{world.state_key}{suffix}', a segment of the state" in ended.error[1]
        assert "is missing. Restore it, or delete the state" in ended.error[1]
        assert world.checkpoint() == before
        if restored:
            world.store(text or "", suffix)
        else:
            StateStore(world.state_key).forget()
        _repaired(lab, world)


def _set_back(lab: Lab, form: Form, *, forget: bool = False) -> None:
    with lab.world(form) as world:
        world.work_off()
        world.set_back(**({"updated_at": ""} if forget else {}))
        lab.repaired(world)


def _set_back_while_a_task_works(lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        assert world.dag_run().go(*([Stop("committed")] if form == "ingest" else [])).word != "failed"
        ended = at("published", world.dag_run(), meanwhile=world.set_back)
        lab.notes.ended(ended)
        assert ended.word == "failed"
        lab.repaired(world)


def _group_set_back(lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        world.work_off()
        world.commit(0)
        lab.repaired(world)
        assert not lab.notes.doubled, "the checkpoint decides, not the group"


def _all_deleted(lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        world.work_off()
        world.delete("", ".ledger", ".parked")
        world.commit(0)
        lab.repaired(world)


# -- ledger and parking ------------------------------------------------------------------------------------------------


def _ledger(text: str | None, lab: Lab, form: Form) -> None:
    with lab.world(form) as world:
        lab.notes.ended(world.dag_run().go(*([Stop("committed")] if form == "ingest" else [])))
        if text is None:
            world.delete(".ledger")
        else:
            world.store(text, ".ledger")
        lab.repaired(world)


def _parking(text: str | None, lab: Lab, form: Form) -> None:
    """Lose parked lineage: it is parked again once its jobs have run again."""
    with lab.world(form, own_topic=True) as world:
        world.work_off()
        waiting = {job for item in world.outcome().parked.values() for job in item["jobs"]}
        if text is not None:
            world.store(text, ".parked")
            ended = world.dag_run().go()
            assert ended.error is not None
            assert "does not contain parked lineage" in ended.error[1]
            lab.notes.ended(ended)
        world.delete(".parked")
        world.work_off()
        assert not world.outcome().parked
        again = tuple(item for item in mix().messages if not item.bad and _job(item) in waiting)
        send(world.kafka, world.topic, again)
        world.messages += again
        lab.notes.said.append("parked lineage returns with the next runs of its jobs")
        lab.repaired(world, undisturbed=lab.undisturbed(form)._replace(checkpoint=world.ends()))


def _job(message: Message) -> str:
    name: str = json.loads(message.value or b"")["job"]["name"]
    return name


def _database_locked(lab: Lab, form: Form) -> None:
    """Let Airflow's database refuse writes for as long as the task tries."""
    with lab.world(form) as world:
        ended = at("state due", world.dag_run(), meanwhile=lambda: lab.meet(lab.database.lock))
        lab.meet(lab.database.unlock)
        lab.notes.ended(ended)
        assert ended.word == "failed"
        lab.repaired(world)


# -- cleared tasks -----------------------------------------------------------------------------------------------------


def _cleared(tasks: tuple[str, ...], later: int, lab: Lab, form: Form) -> None:
    """Run tasks of the first run again after later ones."""
    with lab.world(form) as world:
        first = world.dag_run()
        assert first.go().word == "done"
        for _ in range(later):
            assert world.dag_run().go().word == "done"
        first.clear(*tasks)
        lab.notes.ended(first.go())
        lab.repaired(world)


def _consume_alone_cleared(lab: Lab, form: Form) -> None:
    """Run the first task of an old run again, but not the tasks after it."""
    with lab.world(form) as world:
        first = world.dag_run()
        assert first.go().word == "done"
        first.clear("consume")
        lab.notes.ended(first.go(until="consume"))
        lab.repaired(world)


def _scenarios() -> Iterator[Scenario]:
    for form in FORMS:
        for what, where, act in (
            ("state deleted", "between runs, when no run is open", _deleted),
            (
                "state deleted",
                "when the task was killed before the offsets were committed",
                _deleted_before_the_commit_was_made,
            ),
            ("state deleted", "while a task publishes", _deleted_while_a_task_works),
            ("state deleted", "while runs are open", _deleted_while_runs_are_open),
            ("state deleted and group offsets moved back", "while runs are open", _deleted_and_group_set_back),
            ("state damaged", "between runs; then deleted, as the error says", _damaged),
            (
                "segment of the state deleted",
                "between runs; then restored, as the error says",
                partial(_segment_deleted, restored=True),
            ),
            (
                "segment of the state deleted",
                "between runs; then the state is reset, as the error says",
                partial(_segment_deleted, restored=False),
            ),
            ("checkpoint moved back by hand", "after the last run", _set_back),
            ("checkpoint moved back by hand, runs forgotten", "after the last run", partial(_set_back, forget=True)),
            ("checkpoint moved back by hand", "while a task publishes", _set_back_while_a_task_works),
            ("group offsets moved back", "after the last run", _group_set_back),
            ("state, ledger, parking deleted, group offsets moved back", "after the last run", _all_deleted),
            ("ledger deleted", "between runs", partial(_ledger, None)),
            ("ledger damaged", "between runs", partial(_ledger, "no ledger")),
            ("parking deleted", "after the last run; then its jobs run again", partial(_parking, None)),
            ("parking damaged", "after the last run; then deleted, as the error says", partial(_parking, "damaged")),
            ("Airflow's database locked", "while state and checkpoint are written", _database_locked),
        ):
            quick = act in {_deleted_while_runs_are_open, _all_deleted} and form == "ingest"
            party = "database" if act is _database_locked else ""
            yield Scenario(CHAPTER, what, where, form, act, quick, party)
    for tasks in (("publish",), ("translate", "publish"), ("consume", "translate", "publish")):
        fault = ", ".join(tasks)
        for later, where in ((0, "immediately"), (1, "after the next run"), (3, "after all runs")):
            yield Scenario(
                CLEARED, fault, where, "steps", partial(_cleared, tasks, later), quick=fault == "publish" and later == 1
            )
    yield Scenario(CLEARED, "consume only", "immediately", "steps", _consume_alone_cleared)
    yield Scenario(CLEARED, "ingest", "after the last run", "ingest", partial(_cleared, ("ingest",), 0))


STATE = tuple(_scenarios())
