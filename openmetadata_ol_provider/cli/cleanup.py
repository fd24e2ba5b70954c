"""``openmetadata-ol cleanup``: lists or removes what earlier versions wrote and today's rules would not."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.cli.event_files import read_events
from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client
from openmetadata_ol_provider.cli.output import write_json, write_text
from openmetadata_ol_provider.cli.terminal import OutlineNode
from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.serialization import to_builtins

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.event import Event
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.cleanup.cleanup import Cleanup
    from openmetadata_ol_provider.openmetadata.cleanup.finding import Finding
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact
    from openmetadata_ol_provider.state.store import StateStore

_MAX_MESSAGES = 20_000
_MAX_BYTES = 64 * 2**20
_MAX_SECONDS = 60.0
_TITLES = {
    "failed": "COULD NOT BE REMOVED",
    "removed": "REMOVED",
    "gone": "CHANGED OR REMOVED BY OTHERS MEANWHILE",
    "listed": "TO REMOVE WITH --apply",
    "kept": "KEPT, REMOVE BY HAND WHAT IS WRONG",
}


class _Remembered(NamedTuple):
    """What the tasks remember.

    :param stores: states of all lanes
    :param runs: remembered runs
    :param facts: edges as they were published
    """

    stores: tuple[StateStore, ...] = ()
    runs: RunState = RunState()
    facts: tuple[EdgeFact, ...] = ()


def cleanup_command(arguments: Namespace) -> int:
    """List or remove what today's rules would not make.

    :return: exit code, which is 1 when something could not be removed, or some events are not OpenLineage events
    """
    if bool(arguments.events) == bool(arguments.start):
        raise ConfigError("cleanup: give files with events, or --from to read them from Kafka")
    from openmetadata_ol_provider.openmetadata.cleanup.cleanup import find
    from openmetadata_ol_provider.openmetadata.cleanup.removal import remove

    needs_airflow = not arguments.host or arguments.start or arguments.state_key
    config = _config(arguments, with_variables=bool(needs_airflow))
    remembered = _remembered(arguments) if needs_airflow else _Remembered()
    events = _FileEvents(arguments.events) if arguments.events else _KafkaEvents(arguments, config)
    with openmetadata_client(arguments) as client:
        found = find(events, remembered.runs, remembered.facts, client, config)
        if arguments.apply:
            found = found._replace(findings=tuple(remove(found.findings, client)))
            _forget(remembered.stores, found.findings)
    if arguments.json:
        write_json(_document(found))
    else:
        write_text(_outline(found))
    if events.malformed:
        sys.stderr.write(f"not OpenLineage events, and left out: {counted(events.malformed, 'message')}\n")
    failed = _refused(found) or any(item.outcome == "failed" for item in found.findings)
    return FAILED if events.malformed or failed else DONE


def _config(arguments: Namespace, *, with_variables: bool) -> Config:
    if not with_variables:
        return load_config(arguments.config)
    from openmetadata_ol_provider.cli.airflow import prepare_airflow, tasks_config

    prepare_airflow()
    return tasks_config(arguments.config)[0]


# -- what is remembered --------------------------------------------------------------------------------------------


def _remembered(arguments: Namespace) -> _Remembered:
    from openmetadata_ol_provider.cli.airflow import lane_keys
    from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
    from openmetadata_ol_provider.state.store import StateStore

    stores = tuple(StateStore(key) for key in lane_keys(arguments).values())
    facts = [fact for store in stores for fact in store.read_ledger().edges.values()]
    return _Remembered(stores, merge_run_states([store.read_state().runs for store in stores]), tuple(facts))


def _forget(stores: Iterable[StateStore], findings: Sequence[Finding]) -> None:
    """Remove edges that are gone from the ledgers, so that their jobs' next runs write them if they show them."""
    from openmetadata_ol_provider.openmetadata.cleanup.cleanup import without_removed

    for store in stores:
        store.forget_edges(lambda ledger: without_removed(ledger, findings))


# -- events --------------------------------------------------------------------------------------------------------


class _FileEvents:
    """The events of files, as one batch.

    :param paths: paths of the files
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self.malformed = 0

    def __iter__(self) -> Iterator[Sequence[Event]]:
        file_events = read_events(self._paths)
        self.malformed = file_events.malformed
        yield file_events.events


class _KafkaEvents:
    """The events of topics from a position on, batch after batch; nothing is committed and no checkpoint moves.

    :param arguments: start position, topics and connection
    :param config: configuration with the SQL policy
    """

    def __init__(self, arguments: Namespace, config: Config) -> None:
        self._arguments = arguments
        self._config = config
        self.malformed = 0

    def __iter__(self) -> Iterator[Sequence[Event]]:
        from openmetadata_ol_provider import conf
        from openmetadata_ol_provider.cli.airflow import topics_of
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.consume import decode_batch
        from openmetadata_ol_provider.ingestion.settings import SKIP, DeadLetterTarget
        from openmetadata_ol_provider.kafka.start_position import parse_start
        from openmetadata_ol_provider.openlineage.batch import BatchOrigin

        start = parse_start(self._arguments.start, "--from")
        if start is None:
            raise ConfigError("--from is empty; give earliest, group, a time, or offsets")
        hook, topics = OpenLineageKafkaHook(self._arguments.kafka_config_id), topics_of(self._arguments)
        exclude = DeadLetterTarget(conf.dead_letter_topic()).exclude
        backlog = hook.backlog(topics, hook.positions(topics, start, exclude), exclude)
        origin = BatchOrigin("", hook.kafka_config_id)
        with hook.reader(backlog) as reader:
            for result in reader.batches(max_messages=_MAX_MESSAGES, max_bytes=_MAX_BYTES, max_duration=_MAX_SECONDS):
                decoded = decode_batch([result], origin, SKIP, sql=self._config.write.sql)
                self.malformed += decoded.batch.skipped
                yield decoded.batch.events


# -- output --------------------------------------------------------------------------------------------------------


def _document(found: Cleanup) -> dict[str, Any]:
    return {
        "findings": [finding.to_dict() for finding in found.findings],
        "jobs_covered": found.jobs,
        "not_covered": {"edges": found.edges_not_covered, "pipelines": found.pipelines_not_covered},
        "problems": to_builtins(found.problems),
    }


def _outline(found: Cleanup) -> list[OutlineNode]:
    sections = []
    for outcome, title in _TITLES.items():
        findings = [finding for finding in found.findings if finding.outcome == outcome]
        if findings:
            sections.append(OutlineNode(f"{title} ({len(findings)})", list(map(_node, findings)), style="bold"))
    if refused := _refused(found):
        lines = [OutlineNode(f"{problem.where}: {problem.detail}") for problem in refused]
        sections.append(OutlineNode(f"COULD NOT BE READ ({len(refused)})", lines, style="bold"))
    if not sections:
        sections.append(OutlineNode("NOTHING TO REMOVE", style="bold"))
    covered = (
        f"the events cover {counted(found.jobs, 'job')}; not judged, because they are of other jobs: "
        f"{counted(found.edges_not_covered, 'edge')} and {counted(found.pipelines_not_covered, 'pipeline')}"
    )
    return [*sections, OutlineNode("COVERED", [OutlineNode(covered)], style="bold")]


def _refused(found: Cleanup) -> list[Problem]:
    """Return what the catalogue refused to show."""
    return [problem for problem in found.problems if problem.kind == ProblemKind.FAILED]


def _node(finding: Finding) -> OutlineNode:
    lines = [f"{finding.rule}: {finding.why}", *([finding.detail] if finding.detail else [])]
    return OutlineNode(f"{finding.kind:<8} {finding.where}", [OutlineNode(line) for line in lines])
