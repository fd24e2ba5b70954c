"""A catalogue with people and tags, and short ways of publishing facts to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Job, Owner, Tag
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.metadata.targets import dataset_targets, pipeline_target
from openmetadata_ol_provider.openmetadata.publishing.metadata.writer import MetadataWriter
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import group_jobs
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config

ORDERS = "pg.shop.public.orders"
TOTALS = "pg.shop.public.totals"

PEOPLE: dict[str, Any] = {
    **SEED,
    "users": [
        {"name": "ada", "email": "ada@corp.com"},
        {"name": "bob", "email": "bob@corp.com"},
        {"name": "j.doe", "email": "John.Doe@corp.com"},
        {"name": "eve", "email": "ada@elsewhere.com"},
    ],
    "teams": [
        {"name": "data-team", "teamType": "Group", "email": "data@corp.com"},
        {"name": "finance", "teamType": "Group"},
        {"name": "sales", "teamType": "Department"},
    ],
    "classifications": [
        {"name": "PII", "description": "personal data"},
        {"name": "Tier", "description": "importance", "mutuallyExclusive": True},
    ],
    "tags": [
        {"name": "Sensitive", "classification": "PII", "description": "sensitive"},
        {"name": "None", "classification": "PII", "description": "harmless"},
        {"name": "Gold", "classification": "Tier", "description": "first"},
        {"name": "Tin", "classification": "Tier", "description": "last"},
    ],
}
#: With a classification of ours, in which there are two tags.
TAGGED: dict[str, Any] = {
    **PEOPLE,
    "classifications": [*PEOPLE["classifications"], {"name": "OpenLineage", "description": "ours"}],
    "tags": [
        *PEOPLE["tags"],
        {"name": "gold", "classification": "OpenLineage", "description": "of events"},
        {"name": "team:data", "classification": "OpenLineage", "description": "of events"},
    ],
}


@contextmanager
def catalogue(
    seed: dict[str, Any] = TAGGED, version: str = "1.12.0", **options: Any
) -> Iterator[tuple[CatalogueServer, OpenMetadataClient]]:
    with (
        CatalogueServer(seed, version=version, token=TOKEN, **options) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        yield server, client


def owners(*names: str) -> tuple[Owner, ...]:
    return tuple(Owner(name) for name in names)


def tags(*keys: str, field: str | None = None) -> tuple[Tag, ...]:
    """Return tags of the form ``key`` or ``key=value``."""
    return tuple(Tag(key, value or None, field=field) for key, _, value in (text.partition("=") for text in keys))


def resolved(client: OpenMetadataClient, datasets: Iterable[Dataset], **sections: Any) -> dict[DatasetId, Resolution]:
    return Resolver(client, config(**sections)).resolve_all(datasets)


class Published:
    """What a publication of facts did.

    :param written: ``True`` if each target was written, ``None`` where it failed
    """

    def __init__(self, written: list[bool | None], problems: list[Problem]) -> None:
        self.written = written
        self.problems = problems

    @property
    def kinds(self) -> list[str]:
        return sorted(problem.kind for problem in self.problems)

    def detail(self, kind: str) -> str:
        """Return where and detail of the only problem of a kind."""
        [found] = [problem for problem in self.problems if problem.kind == kind]
        return f"{found.where}: {found.detail}"


def publish(
    client: OpenMetadataClient,
    *datasets: Dataset,
    jobs: Iterable[Job] = (),
    pipelines: Iterable[PipelineRef] = (),
    dry_run: bool = False,
    **write: Any,
) -> Published:
    """Publish what datasets and jobs say, as one publication; ``write`` is that section of the configuration."""
    targets, problems = dataset_targets(datasets, resolved(client, datasets))
    for group, ref in zip(group_jobs(jobs), pipelines, strict=True):
        target = pipeline_target(group, ref)
        targets += [target] if target else []
    writer = MetadataWriter(client, config(write=write), dry_run=dry_run)
    outcomes = Executor(4).run(targets, writer.publish, lambda target: target.where)
    problems += [problem for outcome in outcomes for problem in outcome.problems]
    written = [outcome.value.facts if outcome.value else None for outcome in outcomes]
    return Published(written, [*problems, *writer.problems])


def stored(server: CatalogueServer, type_: str, fqn: str) -> dict[str, Any]:
    [found] = [entity for entity in server.entities(type_) if entity["fullyQualifiedName"] == fqn]
    return found


def tag_names(holder: dict[str, Any]) -> list[str]:
    return [label["tagFQN"] for label in holder.get("tags") or ()]


def owner_names(holder: dict[str, Any]) -> list[str]:
    return [owner["name"] for owner in holder.get("owners") or ()]


def column(server: CatalogueServer, name: str, fqn: str = ORDERS) -> dict[str, Any]:
    [found] = [item for item in stored(server, "table", fqn)["columns"] if item["name"] == name]
    return found


def label(fqn: str) -> dict[str, str]:
    """Return a label as a steward sets it."""
    return {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
