"""Translates a batch, and carries its plan to the publication, in the same task or through XCom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.event_counts import with_event_counts
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.problems import limit_problems
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState, as_legacy
from openmetadata_ol_provider.openlineage.segments.change import StateChange, StoredRuns, fit_to_size, whole_change
from openmetadata_ol_provider.openlineage.serialization import convert, to_builtins, unpack
from openmetadata_ol_provider.state.document import STATE_VERSION

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config

#: Version of the state in envelopes that contain all runs.
_PACKED_RUNS = 2


class PlanEnvelope(NamedTuple):
    """A plan with everything that its publication needs.

    :param plan: plan of the batch
    :param origin: origin of the batch
    :param change: what is to be remembered once the plan is published
    :param dead_letters: number of dead letters of the batch
    :param more: ``True`` if more events are waiting
    :param runs: all that is remembered then; ``None`` in another task than the one that has translated the batch
    """

    plan: LineagePlan
    origin: BatchOrigin
    change: StateChange
    dead_letters: int = 0
    more: bool = False
    runs: RunState | None = None

    def without_plan(self) -> PlanEnvelope:
        """Return what is left to be stored once the plan is published."""
        return self._replace(plan=LineagePlan())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the plan, with the other fields added to it."""
        return {
            **self.plan.to_dict(),
            "origin": to_builtins(self.origin),
            "dead_letters": self.dead_letters,
            "more": self.more,
            # An earlier version refuses it, instead of storing what it cannot read.
            "state": {"version": STATE_VERSION, **to_builtins(self.change)},
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> PlanEnvelope:
        """Rebuild from :meth:`to_dict`.

        :raises ValueError: if it is not the output of TranslateOpenLineageOperator
        """
        if not isinstance(document, dict) or "state" not in document:
            raise ValueError("not a plan of TranslateOpenLineageOperator: it has no state")
        return cls(
            plan=LineagePlan.from_dict(document),
            origin=convert(document["origin"], BatchOrigin),
            change=_change(document["state"]),
            dead_letters=document["dead_letters"],
            more=document["more"],
        )


def _change(state: object) -> StateChange:
    """Return the change of an envelope; earlier versions have packed all runs, the first of them without a version."""
    if isinstance(state, str):
        return whole_change(as_legacy(unpack(state, RunState)))
    version = state.get("version") if isinstance(state, dict) else None
    if version == _PACKED_RUNS and isinstance(state, dict):
        return whole_change(unpack(state["packed"], RunState))
    if version != STATE_VERSION:
        raise ValueError("not a plan of this version of TranslateOpenLineageOperator: clear its task")
    return convert(state, StateChange)


class PlanDraft(NamedTuple):
    """A plan that may be made before it is certain how the batch before is stored.

    :param envelope: the plan, without what is to be remembered, and with all problems
    :param before: what was remembered when the batch was translated
    :param after: what is to be remembered
    :param changed: what has changed between the two as text; ``None``: not made yet
    """

    envelope: PlanEnvelope
    before: RunState
    after: RunState
    changed: str | None = None

    @without_collection()
    def finished(self, stored: StoredRuns, limits: Limits) -> tuple[PlanEnvelope, RunState]:
        """Return the plan with what is to be remembered, within the size that is allowed, and that alone.

        :param stored: what is remembered before the batch, and how it is stored
        """
        # The text is that of another change if nothing of the batch before was stored.
        changed = self.changed if stored.state is self.before else None
        fitted = fit_to_size(stored, self.after, limits.max_bytes, changed)
        plan = self.envelope.plan
        plan = msgspec.structs.replace(plan, problems=limit_problems((*plan.problems, *fitted.problems)))
        return self.envelope._replace(plan=plan, change=fitted.change, runs=fitted.state), fitted.state


@without_collection()
def draft_plan(batch: EventBatch, state: RunState, config: Config, limits: Limits) -> PlanDraft:
    """Translate a batch together with the runs that earlier batches began.

    :param state: what is remembered before the batch
    """
    lanes, replayed = batch.origin.lanes, batch.replayed
    translation = translate(
        batch.events, config, state, limits=limits, problems=batch.problems, lanes=lanes, replayed=replayed
    )
    plan = msgspec.structs.replace(translation.plan, runs=with_event_counts(translation.plan.runs, batch.events))
    envelope = PlanEnvelope(plan, batch.origin, StateChange(""), batch.dead_letters, batch.more)
    return PlanDraft(envelope, state, translation.state)


def translate_batch(batch: EventBatch, stored: StoredRuns, config: Config, limits: Limits) -> PlanEnvelope:
    """Translate a batch together with the runs that earlier batches began.

    :param stored: what is remembered before the batch, and how it is stored
    """
    return draft_plan(batch, stored.state, config, limits).finished(stored, limits)[0]
