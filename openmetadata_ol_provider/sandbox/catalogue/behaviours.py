"""What OpenMetadata does beyond its schemas, by version, and how to switch it on or off in the stand-in.

The facts were read in OpenMetadata's source and documentation, not seen on a running server. Where these leave a
version open, the stand-in plays the reading that a client finds harder. docs/contract.md shows them as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from openmetadata_ol_provider.sandbox.catalogue.versions import Version, is_reached, parse_marks


class Behaviour(str, Enum):
    """A behaviour that a version has or has not, and that a test may switch on or off."""

    INHERITS_REFERENCES = "inherits_references"
    CLEARS_DISPLAY_NAME = "clears_display_name"
    CLEARS_CERTIFICATION = "clears_certification"
    PEOPLE_CLEAR_CERTIFICATION = "people_clear_certification"
    RESETS_ENTITY_STATUS = "resets_entity_status"
    DATA_PRODUCTS_NEED_DOMAIN = "data_products_need_domain"
    ENCODES_DESCRIPTIONS = "encodes_descriptions"
    DROPS_TASK_OWNERS = "drops_task_owners"
    SILENT_SOURCE_HASH = "silent_source_hash"
    FAILED_PATCH_IS_500 = "failed_patch_is_500"
    GIVES_ETAGS = "gives_etags"
    MARKS_COMPRESSED_ETAGS = "marks_compressed_etags"
    CONSOLIDATES_PATCHES = "consolidates_patches"
    IF_MATCH_PREVENTS_CONSOLIDATION = "if_match_prevents_consolidation"
    IF_MATCH_LOSES_COLUMNS = "if_match_loses_columns"
    REMOVED_COLUMNS_LOSE_LINEAGE = "removed_columns_lose_lineage"
    EDGE_NEEDS_BOTH_ENDS = "edge_needs_both_ends"
    EDGE_REFUSES_DELETED_PIPELINE = "edge_refuses_deleted_pipeline"
    EDGE_NEEDS_PIPELINE_TYPE = "edge_needs_pipeline_type"
    EDGE_REFUSES_UNKNOWN_COLUMNS = "edge_refuses_unknown_columns"
    EDGE_PUT_RENEWS_CREATION = "edge_put_renews_creation"
    EDGE_ROUTES_BY_NAME = "edge_routes_by_name"
    DELETES_OPENLINEAGE_BY_PIPELINE = "deletes_openlineage_by_pipeline"
    STATUS_NEEDS_TASKS = "status_needs_tasks"
    BULK_STATUS = "bulk_status"
    BULK_STATUS_LIMIT = "bulk_status_limit"
    BULK_STATUS_BLANKS_SEARCH = "bulk_status_blanks_search"
    PIPELINE_OBSERVABILITY = "pipeline_observability"
    PATH_IS_CASE_SENSITIVE = "path_is_case_sensitive"
    IGNORES_UNKNOWN_FILTER = "ignores_unknown_filter"
    IGNORES_DELETED_PARAMETER = "ignores_deleted_parameter"
    FIELD_QUERY_LIMIT = "field_query_limit"
    ENTITY_PROFILES = "entity_profiles"
    SERVES_FEED = "serves_feed"


class Fact(NamedTuple):
    """What is known about a behaviour.

    :param what: sentence for the page
    :param read_in: class or document of OpenMetadata in which it was read
    :param since: versions from which it holds, as :func:`~.versions.parse_marks` reads them; empty if none has it
    :param until: versions from which it no longer holds
    """

    what: str
    read_in: str
    since: str = "1.8"
    until: str = ""


_UPDATER = "EntityRepository.EntityUpdater"
FACTS: dict[Behaviour, Fact] = {
    Behaviour.INHERITS_REFERENCES: Fact(
        "Owners and domains of a parent are returned with `inherited: true`; a PUT that names them stores them.",
        "EntityRepository",
    ),
    Behaviour.CLEARS_DISPLAY_NAME: Fact(
        "A PUT without `displayName` clears that of the entity, a bot's too; tasks and columns keep theirs.", _UPDATER
    ),
    Behaviour.CLEARS_CERTIFICATION: Fact("A bot's PUT clears `certification`.", _UPDATER, until="1.11"),
    Behaviour.PEOPLE_CLEAR_CERTIFICATION: Fact("A person's PUT clears `certification`.", _UPDATER),
    Behaviour.RESETS_ENTITY_STATUS: Fact("A PUT resets `entityStatus` to its default.", _UPDATER, "1.10"),
    Behaviour.DATA_PRODUCTS_NEED_DOMAIN: Fact(
        "A create request with `dataProducts` and without `domain` (1.9: `domains`) is a 400.",
        "EntityRepository",
        until="1.10",
    ),
    Behaviour.ENCODES_DESCRIPTIONS: Fact(
        "A PUT or POST stores descriptions HTML-encoded, `'` as `&#39;`; a PATCH as sent.", "PR #27089", "1.13"
    ),
    Behaviour.DROPS_TASK_OWNERS: Fact(
        "Owners of tasks are neither stored by an update nor returned.", "PipelineRepository"
    ),
    Behaviour.SILENT_SOURCE_HASH: Fact(
        "A change of `sourceHash` alone is stored without a new version; before, with one.", _UPDATER, "1.12"
    ),
    Behaviour.FAILED_PATCH_IS_500: Fact(
        "A JSON Patch whose `test` fails or whose path is missing is a 500; later a 400.", "PR #28316", until="2.0"
    ),
    Behaviour.GIVES_ETAGS: Fact(
        "Entities have an ETag; a PATCH whose `If-Match` differs is a 412.", "EntityResource", "1.9"
    ),
    Behaviour.MARKS_COMPRESSED_ETAGS: Fact(
        "The ETag of a compressed response ends in `--gzip`; `If-Match` may keep it.", "Jetty's GzipHandler", ""
    ),
    Behaviour.CONSOLIDATES_PATCHES: Fact(
        "PATCHes of one user on one entity within 10 minutes become one version: the second replays the first, and"
        " columns that the first added lose their mappings in edges, whose `sqlQuery` becomes null.",
        f"{_UPDATER}, issue #32978",
        "1.9",
        "2.1",
    ),
    Behaviour.IF_MATCH_PREVENTS_CONSOLIDATION: Fact(
        "A PATCH with `If-Match` is not consolidated.", f"{_UPDATER} (useOptimisticLocking)", "2.0"
    ),
    Behaviour.IF_MATCH_LOSES_COLUMNS: Fact(
        "A PATCH with `If-Match` loses changes of columns.", f"{_UPDATER} (useOptimisticLocking)", ""
    ),
    Behaviour.REMOVED_COLUMNS_LOSE_LINEAGE: Fact(
        "Columns that are removed from a table lose their mappings in edges.", "TableRepository.TableUpdater"
    ),
    Behaviour.EDGE_NEEDS_BOTH_ENDS: Fact("An edge needs EditLineage on both of its ends.", "LineageResource"),
    Behaviour.EDGE_REFUSES_DELETED_PIPELINE: Fact(
        "A PUT of an edge that names a deleted pipeline is a 404; here a PATCH, too.", "LineageRepository"
    ),
    Behaviour.EDGE_NEEDS_PIPELINE_TYPE: Fact(
        "An edge's `pipeline` must be a pipeline or a stored procedure, else 400.", "documentation of 2.1", "2.1"
    ),
    Behaviour.EDGE_REFUSES_UNKNOWN_COLUMNS: Fact(
        "An edge with an unknown column is a 400; later the column is dropped.", "LineageRepository", until="1.10"
    ),
    Behaviour.EDGE_PUT_RENEWS_CREATION: Fact(
        "A PUT of an edge renews `createdAt`; `PATCH /v1/lineage/{type}/{id}/{type}/{id}` only `updatedAt`.",
        "LineageRepository",
    ),
    Behaviour.EDGE_ROUTES_BY_NAME: Fact(
        "Edges are put, patched and read by fully qualified names.", "LineageResource", "2.0"
    ),
    Behaviour.DELETES_OPENLINEAGE_BY_PIPELINE: Fact(
        "`DELETE /v1/lineage/{type}/{id}/type/OpenLineage` takes a pipeline; before, the target of the edges.",
        "LineageRepository, PR #26493",
        "1.13",
    ),
    Behaviour.STATUS_NEEDS_TASKS: Fact(
        "A single status without `taskStatus` is a 500; in bulk it counts as empty.", "PipelineRepository"
    ),
    Behaviour.BULK_STATUS: Fact("`PUT /v1/pipelines/{fqn}/status/bulk` exists.", "PipelineResource", "1.12"),
    Behaviour.BULK_STATUS_LIMIT: Fact("More than 1000 statuses at once are a 400.", "PipelineResource"),
    Behaviour.BULK_STATUS_BLANKS_SEARCH: Fact(
        "Bulk statuses blank owners, domains, tags and certification of the pipeline in the search index until its next"
        " change.",
        "issue #34044",
        "2.0",
    ),
    Behaviour.PIPELINE_OBSERVABILITY: Fact(
        "`/v1/tables/{id}/pipelineObservability` exists. A row is stored under its pipeline's FQN (without one it is"
        " dropped silently) and replaced as a whole; other rows stay; those of deleted pipelines are not returned.",
        "TableRepository",
        "1.11",
    ),
    Behaviour.PATH_IS_CASE_SENSITIVE: Fact(
        "Search compares `fullPath` with case; names, `fullyQualifiedName` and `displayName.keyword` (256 characters)"
        " without.",
        "container index mapping",
    ),
    Behaviour.IGNORES_UNKNOWN_FILTER: Fact(
        "A `query_filter` that cannot be parsed is ignored: hits come unfiltered.", "SearchRepository"
    ),
    Behaviour.IGNORES_DELETED_PARAMETER: Fact(
        "`/v1/search/query` ignores `deleted`: deleted entities are hits unless `query_filter` excludes them.",
        "SearchResource",
        "2.0",
    ),
    Behaviour.FIELD_QUERY_LIMIT: Fact("`/v1/search/fieldQuery` returns at most 10 hits.", "SearchResource"),
    Behaviour.ENTITY_PROFILES: Fact(
        "`POST /v1/entity/profiles/id/{type}/{id}` adds one row of a profile; `PUT /v1/tables/{id}/tableProfile` always"
        " adds a row of the table. Rows of one time are not replaced, except operations of one kind.",
        "EntityProfileResource, TableRepository",
        "1.10",
    ),
    Behaviour.SERVES_FEED: Fact("`/v1/feed` exists.", "documentation of 2.1", until="2.1"),
}

#: Facts that the schemas of the stand-in contain, by name; they cannot be switched.
SCHEMA_FACTS: dict[str, Fact] = {
    "strict_names": Fact(
        'Names contain no `>`, `"` or control characters; a stored one that does fails the next PUT or PATCH.',
        "schema EntityName",
        "2.0",
    ),
    "references_need_type": Fact(
        "A reference without `type`, that of a task's owner too, is a 400.", "schema EntityReference"
    ),
}


class Behaviours:
    """The behaviours that are played.

    :param version: version whose behaviours they are
    :param switches: behaviours that are on or off whatever the version, by name
    :raises ValueError: for the name of a behaviour that does not exist
    """

    def __init__(self, version: Version, switches: Mapping[str, bool]) -> None:
        names = [behaviour.value for behaviour in Behaviour]
        unknown = sorted(switches.keys() - set(names))
        if unknown:
            raise ValueError(f"behaviour {unknown[0]!r} does not exist; the behaviours are {', '.join(names)}")
        self._played = {
            behaviour for behaviour in Behaviour if switches.get(behaviour.value, holds(FACTS[behaviour], version))
        }

    def __contains__(self, behaviour: Behaviour) -> bool:
        """Tell whether a behaviour is played."""
        return behaviour in self._played


def holds(fact: Fact, version: Version) -> bool:
    """Tell whether a version behaves as a fact says."""
    return is_reached(parse_marks(fact.since), version) and not is_reached(parse_marks(fact.until), version)
