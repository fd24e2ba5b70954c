"""The configuration document: one pydantic model, one loader, errors that name the key and the nearest known one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.lineage.safe_regex import Pattern, Template

WritePolicy = Literal["never", "if_empty", "if_ours", "always"]
VARIABLE_PREFIX = "variable:"
_YAML_BOOL = "tag:yaml.org,2002:bool"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _regex(value: str) -> str:
    Pattern(strip_slashes(value))
    return value


class NamespaceRule(_Section):
    """What a namespace of the events is in the catalogue; the first rule that matches wins.

    :param namespace: literal, or with ``*`` and ``?``, or ``/regular expression/``
    :param service: OpenMetadata service of any kind
    :param database: overrides the database that the dataset's name says
    :param db_schema: overrides the schema that the dataset's name says (key ``schema``)
    :param ignore: datasets of this namespace are left out
    """

    namespace: str
    service: str | None = None
    database: str | None = None
    db_schema: str | None = Field(default=None, alias="schema")
    ignore: bool = False

    @field_validator("namespace")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _regex(value) if strip_slashes(value) != value else value


class RenameRule(_Section):
    """Rewrites ``namespace name`` before resolution.

    :param match: ``/regular expression/``, searched in ``namespace name``
    :param to: replacement, with groups as in :func:`re.sub`
    """

    match: str
    to: str

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return _regex(value)

    @model_validator(mode="after")
    def _replaces(self) -> RenameRule:
        Template(self.to, Pattern(strip_slashes(self.match)))
        return self


class DatasetOptions(_Section):
    """How datasets are named and which are left out."""

    rename: tuple[RenameRule, ...] = ()
    strip_partitions: bool = True
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    case: Literal["catalogue", "exact"] = "catalogue"


class PipelineOptions(_Section):
    """Which job becomes which pipeline, in which service."""

    service: str | dict[str, str] = "openlineage"
    level: Literal["root", "parent", "job"] = "root"
    reuse: bool = True
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()

    def service_for(self, integration: str | None) -> str:
        """Return the pipeline service for a job's integration (``AIRFLOW``, ``SPARK`` ...)."""
        if isinstance(self.service, str):
            return self.service
        by_integration = {key.upper(): name for key, name in self.service.items()}
        return by_integration.get((integration or "").upper(), by_integration.get("DEFAULT", "openlineage"))


class LineageOptions(_Section):
    """Which lineage is published."""

    columns: bool = True
    indirect: bool = False
    on: tuple[Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"], ...] = ("COMPLETE",)
    pipeline_nodes: bool = False
    stale_after: int = Field(default=5, ge=1)


class WriteOptions(_Section):
    """What may be written over what others wrote: never | if_empty | if_ours | always."""

    descriptions: WritePolicy = "if_empty"
    owners: WritePolicy = "if_empty"
    tags: WritePolicy = "if_ours"
    create_tags: bool = False
    status: Literal["never", "always"] = "always"
    sql: Literal["never", "redacted", "always"] = "always"
    usage: Literal["never", "always"] = "always"
    queries: bool = False
    lifecycle: Literal["never", "if_ours", "always"] = "never"
    stale_edges: Literal["never", "report", "remove"] = "report"
    create_pipelines: bool = True
    create_services: bool = True
    create_datasets: bool = False
    max_failure_ratio: float = Field(default=0.1, ge=0, le=1)


class ParkingOptions(_Section):
    """How long and how much is kept that could not be published yet.

    :param max_days: days after which it is given up, and reported
    :param max_edges: most edges kept; the oldest go first, and are reported
    """

    max_days: float = Field(default=7, gt=0)
    max_edges: int = Field(default=10_000, ge=0)


class LedgerOptions(_Section):
    """How much is remembered of what was published, so that it need not even be compared.

    :param max_facts: most facts remembered; those published longest ago go first; 0 switches the ledger off
    :param trust_hours: hours after which a fact is compared with the catalogue again, although it did not change
    """

    max_facts: int = Field(default=50_000, ge=0)
    trust_hours: float = Field(default=24, ge=0)


class Config(_Section):
    """The whole document. Everything has a default; without any config the common case works."""

    namespaces: tuple[NamespaceRule, ...] = ()
    datasets: DatasetOptions = DatasetOptions()
    pipelines: PipelineOptions = PipelineOptions()
    lineage: LineageOptions = LineageOptions()
    write: WriteOptions = WriteOptions()
    parking: ParkingOptions = ParkingOptions()
    ledger: LedgerOptions = LedgerOptions()


def strip_slashes(pattern: str) -> str:
    """Return the regular expression inside ``/.../``, or the pattern itself."""
    return pattern[1:-1] if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/") else pattern


def load_config(source: object = None, variable: Callable[[str], str | None] | None = None) -> Config:
    """Read and validate a config document.

    :param source: ``None`` (defaults), a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param variable: how to read an Airflow Variable's text; only given inside Airflow
    :raises ConfigError: naming the key, the value seen and the nearest known key
    """
    if source is None:
        return Config()
    if isinstance(source, Config):
        return source
    where, document = _document(source, variable)
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{where}: " + "; ".join(_messages(error))) from None


def _document(source: object, variable: Callable[[str], str | None] | None) -> tuple[str, object]:
    import yaml

    if isinstance(source, dict):
        return "config", source
    if not isinstance(source, str | Path):
        raise ConfigError(
            f"config: a mapping, a path or 'variable:NAME' is expected, not {type(source).__name__}: {source!r}"
        )
    if isinstance(source, str) and source.startswith(VARIABLE_PREFIX):
        name = source.removeprefix(VARIABLE_PREFIX)
        where = f"Variable {name!r}"
        if variable is None:
            raise ConfigError(f"config {source!r}: Variables can be read in Airflow only; give a path instead")
        text = variable(name)
        if text is None:
            raise ConfigError(f"config {source!r}: there is no Variable {name!r}; create it or name another")
    else:
        where = f"config file {str(source)!r}"
        try:
            text = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{where} cannot be read: {error.strerror}; check the path") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{where} is not UTF-8; save it as UTF-8") from None
    try:
        # JSON is (for our purposes) YAML; trying it first gives its errors.
        document = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{where} is neither JSON nor YAML: {error}") from None
    return where, {} if document is None else document


def _yaml(text: str) -> object:
    """Read YAML with the booleans of YAML 1.2: 1.1 takes our key ``on`` for ``true``."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _YAML_BOOL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(_YAML_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader


def _messages(error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            yield f"unknown key {path!r}{_nearest(item['loc'])}"
        else:
            yield f"{path or 'document'}: {item['msg']} (seen: {item['input']!r})"


def _nearest(location: tuple[int | str, ...]) -> str:
    known = sorted(_keys(Config, location[:-1]))
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(known)})"


def _keys(model: Any, path: tuple[int | str, ...]) -> set[str]:
    """Return the keys that the section at ``path`` knows."""
    for part in path:
        if isinstance(part, int):
            continue
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        annotation = fields[part].annotation
        # Lists of sections are tuple[Section, ...]: step into the section.
        model = next((a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")), annotation)
    return {field.alias or name for name, field in model.model_fields.items()}
