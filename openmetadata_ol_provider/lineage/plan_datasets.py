"""The datasets of a plan and their facts."""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan_value import PlanValue


class DatasetId(PlanValue, frozen=True, order=True):
    """A dataset's primary name, as in the event."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.name}"


class Owner(PlanValue, frozen=True):
    """An owner in the producer's spelling: ``user:jdoe``, ``team:data`` or a bare name."""

    name: str
    type: str | None = None


class Tag(PlanValue, frozen=True):
    """A tag in the producer's spelling.

    :param field: column that carries the tag
    """

    key: str
    value: str | None = None
    source: str | None = None
    field: str | None = None


class Field(PlanValue, frozen=True):
    """A column or message field.

    :param fields: nested fields
    """

    name: str
    type: str | None = None
    description: str | None = None
    fields: tuple[Field, ...] = ()


class Metric(PlanValue, frozen=True):
    """A data-quality metric of a dataset, or of one of its columns.

    :param column: column that was measured; ``None`` for the whole dataset
    """

    name: str
    value: float | str
    column: str | None = None


class Exposure(PlanValue, frozen=True):
    """A use of a dataset outside the pipeline: a dashboard, a notebook, an application (dbt exposures).

    :param type: kind of use in the producer's words
    """

    name: str
    type: str | None = None
    url: str | None = None
    unique_id: str | None = None


class CatalogHint(PlanValue, frozen=True):
    """The catalog that holds a table, as its producer names it.

    :param framework: table format: ``iceberg``, ``delta`` ...
    :param type: kind of catalog: ``hive``, ``glue``, ``rest`` ...
    """

    framework: str | None = None
    type: str | None = None
    name: str | None = None
    metadata_uri: str | None = None
    warehouse_uri: str | None = None


class StorageHint(PlanValue, frozen=True):
    """How a dataset is stored.

    :param layer: storage layer: ``iceberg``, ``delta`` ...
    :param file_format: format of its files: ``parquet`` ...
    """

    layer: str | None = None
    file_format: str | None = None


class Assertion(PlanValue, frozen=True):
    """The result of a test of a dataset, or of one of its columns.

    :param column: column that was tested; ``None`` for the whole dataset
    :param name: name of the test in its tool
    :param params: parameters of the test, as pairs of name and value
    :param aborted: whether the test could not be carried out, so that it has neither passed nor failed
    """

    assertion: str
    success: bool
    column: str | None = None
    severity: str | None = None
    name: str | None = None
    description: str | None = None
    expected: str | None = None
    actual: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    aborted: bool = False


class Dataset(PlanValue, frozen=True):
    """A dataset: its primary name, the identities it may have in the catalogue, and its facts.

    :param ignored: whether the configuration leaves it out: then no edge of the plan touches it
    :param type: type that the producer gives it: TABLE, VIEW, FILE, TOPIC ...
    :param lifecycle: latest change to it: CREATE, ALTER, OVERWRITE, DROP, RENAME, TRUNCATE
    :param previous: name before a RENAME
    :param dataset_version: snapshot that was written or read
    """

    namespace: str
    name: str
    identities: tuple[Identity, ...]
    fields: tuple[Field, ...] = ()
    description: str | None = None
    owners: tuple[Owner, ...] = ()
    tags: tuple[Tag, ...] = ()
    ignored: bool = False
    type: str | None = None
    lifecycle: str | None = None
    previous: DatasetId | None = None
    dataset_version: str | None = None
    metrics: tuple[Metric, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    catalog: CatalogHint | None = None
    storage: StorageHint | None = None
    exposures: tuple[Exposure, ...] = ()

    @property
    def id(self) -> DatasetId:
        """The dataset's primary name."""
        return DatasetId(self.namespace, self.name)
