"""Plans stubs: what may be created for a dataset that the catalogue does not have, and where.

A stub is placed below a service that exists and certainly belongs to the dataset: that of a rule, or the one whose
connection matches the namespace. Its place comes from its name; nothing is guessed.

A stub is marked twice. Its ``sourceHash`` is ours, invisible to people and replaced by the first real ingestion: it
tells what is still ours. The tag ``OpenLineage.Stub`` is what stewards see and filter by; ingestion keeps tags, so we
remove it once the ``sourceHash`` is another's. A description cannot serve as a mark: no bot could replace it later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openmetadata.fqn import MAX_NAME, bounded, stored_name
from openmetadata_ol_provider.openmetadata.resolution.hints import service_choice
from openmetadata_ol_provider.openmetadata.resolution.locations import location
from openmetadata_ol_provider.openmetadata.resolution.service_types import SINGLE_DATABASE, is_path
from openmetadata_ol_provider.openmetadata.resolution.services import SERVICE_KIND, Service
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot
from openmetadata_ol_provider.openmetadata.resolution.table_candidates import Form, name_parts, table_forms

StubKind = Literal["table", "topic", "container"]
_KINDS: dict[str, StubKind] = {SERVICE_KIND[kind]: kind for kind in ("table", "topic", "container")}


class Stub(NamedTuple):
    """An entity that may be created for a dataset.

    :param name: name of the entity; for a container the path below its bucket, empty for the bucket itself
    :param readings: places that a table may be in, the likeliest first
    :param certain: ``True`` if the first reading is right; otherwise the catalogue has to decide
    :param root: URL of a container's bucket; empty for files
    :param bucket: name of a container's bucket
    """

    dataset: Dataset
    identity: Identity
    kind: StubKind
    service: Service
    name: str
    readings: tuple[Form, ...] = ()
    certain: bool = True
    root: str = ""
    bucket: str = ""

    @property
    def where(self) -> str:
        """The name of the dataset in problems."""
        return str(self.dataset.id)

    @property
    def entity_name(self) -> str:
        """The name of the entity below its parent."""
        return bounded(self.name or self.bucket)

    @property
    def key(self) -> tuple[str, str, str]:
        """The key that two stubs share if they may be one entity."""
        return self.service.fqn, self.bucket, self.name.casefold()


def plan_stub(dataset: Dataset, spots: Iterable[Spot]) -> Stub | str:
    """Return the stub for a dataset, or the reason why there cannot be one.

    :param dataset: dataset that was not found anywhere
    :param spots: places where it was looked for, in the order of its identities
    """
    if (dataset.lifecycle or "").upper() == "DROP":
        return "it was dropped"
    spots = list(spots)
    certain = [spot for spot in spots if spot.is_certain and len(spot.services) == 1 and not _is_ignored(spot)]
    if any(spot.identity.kind == "table" for spot in certain):
        # Of a table in a warehouse its name is known, so the paths of its files need not be read as names.
        certain = [spot for spot in certain if spot.identity.kind == "table" or _kind(spot) != "table"]
    if not certain:
        candidates = list(dict.fromkeys(service.name for spot in spots for service in spot.services))
        return f"no service is known for it; name one in `namespaces`: {service_choice(dataset.namespace, candidates)}"
    # A path is where the data of a table is; people look for the table.
    certain.sort(key=lambda spot: _kind(spot) == "container")
    outcomes = [stub_of(dataset, spot.identity, spot.services[0], spot.rule) for spot in certain]
    reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
    return next((outcome for outcome in outcomes if isinstance(outcome, Stub)), "; ".join(dict.fromkeys(reasons)))


def stub_of(dataset: Dataset, identity: Identity, service: Service, rule: NamespaceRule | None) -> Stub | str:
    """Return the stub for a dataset under one of its identities, or the reason why there cannot be one."""
    kind = _KINDS.get(service.kind)
    if kind == "table":
        return _table(dataset, identity, service, rule)
    if kind == "topic":
        return Stub(dataset, identity, "topic", service, bounded(stored_name(identity.name)))
    if kind == "container":
        return _container(dataset, identity, service)
    return f"nothing is created in services such as {service.name} ({service.kind})"


def _is_ignored(spot: Spot) -> bool:
    return spot.rule is not None and spot.rule.ignore


def _kind(spot: Spot) -> str | None:
    return _KINDS.get(spot.services[0].kind)


def _table(dataset: Dataset, identity: Identity, service: Service, rule: NamespaceRule | None) -> Stub | str:
    parts = name_parts(identity.name)
    if not parts:
        return f"{identity.name!r} names no table"
    forms = tuple(dict.fromkeys(_filled(form, service) for tier in table_forms(parts, service, rule) for form in tier))
    exact = tuple(form for form in forms if form.exact)
    readings, certain = _readings(parts, exact, service, rule)
    if not readings:
        return _incomplete(identity, forms, service)
    if any(len(str(part)) > MAX_NAME for form in readings for part in form):
        return f"a part of its name is longer than {MAX_NAME} characters"
    return Stub(dataset, identity, "table", service, parts[-1], readings, certain)


def _filled(form: Form, service: Service) -> Form:
    """Return the reading with the database of the service's connection, if only the database is missing."""
    likeliest = next(iter(service.databases), None)
    return form._replace(database=likeliest) if form.database is None and form.schema is not None else form


def _readings(
    parts: tuple[str, ...], forms: tuple[Form, ...], service: Service, rule: NamespaceRule | None
) -> tuple[tuple[Form, ...], bool]:
    """Return the exact places that a name may stand for, and whether the first is certain."""
    database, schema = (rule.database, rule.db_schema) if rule is not None else (None, None)
    if service.service_type in SINGLE_DATABASE:
        # There, the part before the schema is the name of a catalog, not of a database.
        own = {database} if database else set(service.databases)
        forms = tuple(form for form in forms if form.database in own)
        return forms, len(parts) <= 3
    if len(parts) == 2 and not (database and schema):
        return _two_parts(parts[0], forms, service, database, schema)
    return forms, len(forms) == 1 or len(parts) == 3


def _two_parts(
    front: str, forms: tuple[Form, ...], service: Service, database: str | None, schema: str | None
) -> tuple[tuple[Form, ...], bool]:
    """Return the readings of ``front.table``, where front may be the schema or (as in JDBC) the database."""
    if database:
        return forms, True
    if schema:
        return tuple(form for form in forms if form.database == front), True
    # Without a default schema, the front is certainly the schema.
    return forms, bool(service.databases) and len(forms) == 1


def _incomplete(identity: Identity, forms: tuple[Form, ...], service: Service) -> str:
    missing = []
    if not service.databases and all(form.database is None for form in forms):
        missing.append("database")
    if all(form.schema is None for form in forms):
        missing.append("schema")
    missing = missing or ["database"]
    return (
        f"{identity.name} does not name its {' and '.join(missing)}; name it in `namespaces`: "
        f"{suggested(identity, service, *missing)}"
    )


def suggested(identity: Identity, service: Service, *keys: str) -> str:
    """Return the line of configuration that would decide where a table is.

    :param keys: missing keys, ``database`` or ``schema``
    """
    more = "".join(f", {key}: <its {key}>" for key in keys)
    return f'{{namespace: "{identity.namespace}", service: {service.name}{more}}}'


def _container(dataset: Dataset, identity: Identity, service: Service) -> Stub | str:
    target = location(identity.namespace, identity.name) if is_path(parse_namespace(identity.namespace)) else None
    if target is None or not (target.bucket or target.path):
        return f"{identity} is not a path"
    address = parse_namespace(identity.name if "://" in identity.name else identity.namespace)
    root = address.root if target.bucket else ""
    return Stub(dataset, identity, "container", service, target.path, root=root, bucket=stored_name(target.bucket))
