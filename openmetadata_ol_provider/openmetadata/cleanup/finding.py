"""Defines what a cleanup finds, as values."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Kind = Literal["edge", "task", "pipeline"]
Outcome = Literal["listed", "kept", "removed", "gone", "failed"]


class EdgeRef(NamedTuple):
    """One job's part in a stored edge.

    :param source: entity as ``type:id``
    :param target: entity as ``type:id``
    :param writer: name of the job in the edge's description
    """

    source: str
    target: str
    writer: str


class PipelineRef(NamedTuple):
    """A stored pipeline, or one of its tasks.

    :param version: version of the pipeline when it was judged
    :param task: name of the task; ``None`` for the pipeline
    """

    id: str
    fqn: str
    version: Any = None
    task: str | None = None


class Finding(NamedTuple):
    """Something of ours in the catalogue that today's rules would not make.

    :param kind: what it is
    :param ref: what is to be removed
    :param where: its name, for people
    :param rule: name of the rule that leaves it out today
    :param why: what the rule says of it
    :param outcome: what was done; ``listed`` is what can be removed, ``kept`` what others have touched
    :param detail: reason why it is kept, or the catalogue's answer
    """

    kind: Kind
    ref: EdgeRef | PipelineRef
    where: str
    rule: str
    why: str
    outcome: Outcome = "listed"
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        document = {key: getattr(self, key) for key in ("kind", "where", "rule", "why", "outcome", "detail")}
        if isinstance(self.ref, EdgeRef):
            document["writer"] = self.ref.writer
        return document
