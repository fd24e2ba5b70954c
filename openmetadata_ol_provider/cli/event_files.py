"""Decodes the OpenLineage events of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.cli.event_documents import label_of, read_documents
from openmetadata_ol_provider.cli.progress_display import with_progress
from openmetadata_ol_provider.cli.unread_facets import UnreadFacets
from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, ProblemLog, count_problems


class FileEvents(NamedTuple):
    """The decoded events of files.

    :param events: events in the order of the files
    :param locations: file and line of each event
    :param problems: documents that are not events, and parts of events that could not be read
    """

    events: list[Event]
    locations: list[str]
    problems: tuple[Problem, ...]

    @property
    def malformed(self) -> int:
        """Number of documents that are not OpenLineage events."""
        return count_problems(self.problems, ProblemKind.MALFORMED)


def read_events(paths: Sequence[str], unread_facets: UnreadFacets | None = None) -> FileEvents:
    """Decode the events of files, and count them on a terminal meanwhile.

    :param paths: paths of files, or ``-`` for stdin
    :param unread_facets: counter for facets that the provider does not read, by default none
    :raises ConfigError: if a file cannot be read
    """
    events: list[Event] = []
    locations: list[str] = []
    log = ProblemLog()
    for path in paths:
        for location, content in with_progress(label_of(path), read_documents(path)):
            try:
                decoded = decode_event(content, location)
            except MalformedEventError as error:
                log.add_problem(ProblemKind.MALFORMED, location, str(error))
                continue
            events.append(decoded.event)
            locations.append(location)
            log.add(*decoded.problems)
            if unread_facets is not None:
                unread_facets.add(content)
    return FileEvents(events, locations, log.problems)
