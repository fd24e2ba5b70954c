"""Publishes rows written by runs, and metrics that runs have measured, as profiles of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.publishing.core.decoration import DecorationFact, publish_decoration
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import ENDED, digest
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.profiles.rows import MeasuredTable, end_of
from openmetadata_ol_provider.openmetadata.publishing.profiles.writer import ProfileWriter
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: Beginning of the note of a profile, followed by the time under which it was written.
_NOTE: Final = f"{ENDED}@"


def publish_profiles(context: PublishContext, resolutions: Mapping[DatasetId, Resolution]) -> Written:
    """Publish what runs have measured of tables; of other datasets OpenMetadata keeps no profile."""
    writer = ProfileWriter(context.client, dry_run=context.dry_run)
    published = publish_decoration(context, _facts(context, resolutions), writer.publish)
    context.problems += [problem for problem in writer.problems if context.recorder.report_once(problem)]
    context.parking.add_failed_measurements((fact.value.measured, detail) for fact, detail in published.missing)
    return published.written


def _facts(
    context: PublishContext, resolutions: Mapping[DatasetId, Resolution]
) -> Iterator[DecorationFact[MeasuredTable]]:
    for measured in context.selection.measured.profiles:
        table, end = entity_of(measured.dataset, resolutions), end_of(measured)
        if table is None or end is None:
            continue
        if table.type != "table":
            context.recorder.record_fact(digest(*measured.name), digest(measured.content), ENDED)
            continue
        before = context.recorder.fact(digest(*measured.name))
        noted = before.note.removeprefix(_NOTE) if before and before.note.startswith(_NOTE) else ""
        timestamp = int(noted) if noted.isdigit() else end
        value = MeasuredTable(measured, table, timestamp, is_rewritten=bool(noted))
        where, note = f"profile of {table.fqn}", f"{_NOTE}{timestamp}"
        yield DecorationFact(measured.name, measured.content, table.ref, where, value, note=note)
