"""Kinds of problems; the table in the documentation is made from their descriptions."""

from __future__ import annotations

from enum import Enum


class ProblemKind(str, Enum):
    """Names the kind of a problem; plans, reports, metrics and logs carry the value, which never changes."""

    description: str
    once: bool

    def __new__(cls, value: str, description: str = "", once: bool = False) -> ProblemKind:  # noqa: PYI034 - typing.Self is Python 3.11's
        """Make a member.

        :param value: stable name in plans and reports
        :param description: one sentence for the documentation: what it means and, where there is one, the remedy;
            every member has one, the default is for type checkers, to which ``ProblemKind(value)`` is a new member
        :param once: ``True`` to report the same problem in one batch only, not in each that shows it again
        """
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        member.once = once
        return member

    def __str__(self) -> str:
        return str(self.value)

    # Reading and decoding
    MALFORMED = (
        "malformed",
        "A message is not an OpenLineage event; it became a dead letter, or `dead_letter_topic` skips it.",
    )
    BAD_DATASET = "bad_dataset", "A dataset has no name or is not an object; it is left out. Fix the producer."
    BAD_FACET = (
        "bad_facet",
        "A facet differs from its OpenLineage schema; it is left out, and the event's rest is read.",
    )
    BAD_ITEM = (
        "bad_item",
        "A part of a facet differs from its OpenLineage schema; it is left out and the rest of the facet is read.",
    )
    BAD_VALUE = "bad_value", "A field has the wrong type; it is left out and the rest of the event is read."
    TOO_DEEP = "too_deep", "A part of an event is nested too deeply; that part is left out."
    TOO_LONG = "too_long", "A text is too long; its end is cut off."
    TOO_MANY = "too_many", "A list, or the datasets of a run, has too many members; only the first are read."
    UNFIT_NAME = "unfit_name", "A name is too long or contains NUL characters; what it names is left out."
    UNFIT_URL = "unfit_url", "A URL is neither http nor https; it is left out."
    MORE_LOSSES = "more_losses", "This many more parts of one event were left out."
    MORE_PROBLEMS = "more_problems", "This many more problems of the kind named in `where`."
    DATA_LOSS = "data_loss", "Events were deleted from the topic before they were read: see [Kafka](#kafka)."
    UNREAD_BEFORE_START = (
        "unread_before_start",
        "Reading started without a checkpoint; messages before its start are not read: see [Kafka](#kafka).",
    )
    NO_MESSAGE_KEY = (
        "no_message_key",
        "Messages without a key are read in lanes; have producers set keys, or use `lanes` = 1.",
    )
    RUN_WITHOUT_START = (
        "run_without_start",
        "Runs ended whose START this lane never saw; have producers use the run or job as message key.",
    )
    ALREADY_PUBLISHED = "already_published", "The batch was published before; there is nothing to do."
    # Remembered runs
    RUN_GIVEN_UP = (
        "run_given_up",
        "A run never ended: no event for `open_run_ttl`, more than `max_open_runs` open, or no end in the files.",
    )
    RUN_TRIMMED = "run_trimmed", "A run lost columns and SQL of its earlier events because of `max_state_bytes`."
    STATE_TRIMMED = "state_trimmed", "The remembered runs exceeded `max_state_bytes`; the line says what was dropped."
    # Ends of runs
    EVENT_TYPE = (
        "event_type",
        "Events have a type that OpenLineage does not have; the line says how it is read. Fix the producer.",
        True,
    )
    NO_EVENT_TYPE = (
        "no_event_type",
        "Events have no type; a single event with inputs and outputs counts as COMPLETE. Fix the producer.",
        True,
    )
    PRESUMED_END = (
        "presumed_end",
        "Runs sent no end of their own; the line says which end was presumed. An end that comes later replaces it.",
        True,
    )
    LATE_END = (
        "late_end",
        "A run gave edges, but failed or was skipped, as is known only now; they stay until its next run shows others.",
    )
    SHARED_MAPPED_RUN = (
        "shared_mapped_run",
        "Mapped instances share a run id; only events with both sides give edges. Upgrade Airflow's provider.",
        True,
    )
    # Which run is which
    REPEATED_RUN = (
        "repeated_run",
        "A job ran, or ended, several times under one run id; the line says what counts. Send a run id for each run.",
        True,
    )
    SHARED_RUN_ID = (
        "shared_run_id",
        "Jobs send one run id, and nothing shows whether they are one job under several names; each has its own run.",
        True,
    )
    MERGED_RUN = (
        "merged_run",
        "An earlier version merged runs of several jobs; the run has one status and gives few edges.",
        True,
    )
    ASSUMED_PIPELINE = (
        "assumed_pipeline",
        "A job's parent was not seen, so the job is put below the root that it declares; read its parent's events too.",
        True,
    )
    SHARED_TASK = (
        "shared_task",
        "Several jobs of a pipeline have one task name and are shown as one task; give them different names.",
        True,
    )
    # Lineage
    PRODUCT_TOO_LARGE = (
        "product_too_large",
        "Inputs times outputs of a run are too many edges; none, or only the first, are drawn.",
    )
    ASSUMED_PRODUCT = (
        "assumed_product",
        "A job of Flink, Beam, NiFi or Airflow connects several inputs and outputs; if it has several flows, split it.",
        True,
    )
    SAME_DATASETS = (
        "same_datasets",
        "A job reads and writes the same datasets, or one under two names; nothing was moved between them: no edges.",
        True,
    )
    UNPAIRED = (
        "unpaired",
        "Datasets of a connector, copy job or transfer have no partner by name: no edges; rename them or state edges.",
        True,
    )
    ASSUMED_PAIR = (
        "assumed_pair",
        "Datasets were paired although no names tell: a side's only one, or those of one event; the line says which.",
        True,
    )
    TOOL_DATASET = (
        "tool_dataset",
        "A job names datasets that its tool keeps for itself (heartbeats, bookkeeping, results of queries); no edges.",
        True,
    )
    ASSUMED_SUBQUERY = (
        "assumed_subquery",
        "A column's source has no schema and is taken for a subquery (WITH): left out; rename it if it is a table.",
        True,
    )
    PLAN_TOO_LARGE = "plan_too_large", "Edges were left out of a plan that is too large; lower `max_events`."
    TEMPORARY_SOURCE = (
        "temporary_source",
        "A temporary dataset was read, but no job was seen writing it, or only jobs of other pipelines.",
    )
    PSEUDO_DATASET = (
        "pseudo_dataset",
        "A dataset's name is the producer's word for a query or for what it does not know, or a query; it is left out.",
        True,
    )
    VIEW_SOURCE = (
        "view_source",
        "A job reads a table through a view that it also names; the table gives no edge of its own.",
        True,
    )
    SUMMED_UP = (
        "summed_up",
        "A run sums up the inputs and outputs of runs below it; edges come from those runs, and not from the sum.",
        True,
    )
    OTHER_STATEMENT = (
        "other_statement",
        "No statement of the SQL writes an output that lasts and names an input, or these columns of them: left out.",
        True,
    )
    UNASSIGNED_INPUT = (
        "unassigned_input",
        "A run has several outputs, and nothing says to which of them an input belongs: no edge from that input.",
        True,
    )
    SQL_SOURCE = (
        "sql_source",
        "A dbt model's SQL reads tables that its event does not list (they count), or not those listed (no edges).",
        True,
    )
    MOUNT_CONFLICT = (
        "mount_conflict",
        "A path of DBFS is mounted from two sources; it is looked for in neither. Rename it (`datasets.rename`).",
        True,
    )
    # Catalogue
    UNRESOLVED = (
        "unresolved",
        "A dataset is not in the catalogue; the line says where it was looked for: see [No lineage](#no-lineage).",
    )
    OTHER_ADDRESS = (
        "other_address",
        "A dataset's name is only in a service with another address than the event says; add the rule if both are one.",
    )
    MATCHED_BY_NAME = (
        "matched_by_name",
        "Datasets were matched by name in a service whose address differs; add the rule if both are one system.",
        True,
    )
    ASSUMED_SERVICE = (
        "assumed_service",
        "Datasets were matched by name, as no address of namespace or connection tells more; add the rule of the line.",
        True,
    )
    MATCHED_BY_NAME_BEFORE = (
        "matched_by_name_before",
        "A published edge connects datasets of another address; add the rule, or run `openmetadata-ol cleanup`.",
        True,
    )
    AMBIGUOUS = "ambiguous", "A dataset's name matches several entities; add the rule that the line proposes."
    NO_STUB = "no_stub", "A stub for a missing dataset was not created; the line says why."
    UNKNOWN_COLUMN = "unknown_column", "The table in the catalogue has no such column; ingest its metadata again."
    TEST_CASE_DELETED = (
        "test_case_deleted",
        "A test case was deleted in the catalogue, so `write.tests` does not create it again; create it by hand.",
    )
    PROFILE_LEFT_OUT = (
        "profile_left_out",
        "Rows that runs add to a table are not written by `write.profile`; update OpenMetadata to 1.10 or later.",
    )
    TEST_WITHOUT_TABLE = (
        "test_without_table",
        "A run reports a test, but not which table it tests; its result is left out. Have its job name one input.",
    )
    NO_PIPELINE = "no_pipeline", "A pipeline does not exist and `write.create_pipelines` is false."
    NO_SERVICE = "no_service", "A pipeline service does not exist and `write.create_services` is false."
    AMBIGUOUS_PIPELINE = "ambiguous_pipeline", "Several pipelines may be this one; name one in `pipelines.service`."
    SHARED_PIPELINE = (
        "shared_pipeline",
        "Jobs of several namespaces lead to one pipeline; if that is wrong, set `pipelines.reuse`.",
    )
    TWIN_PIPELINE = "twin_pipeline", "A pipeline created earlier is no longer written; delete it."
    DELETED_PIPELINE = (
        "deleted_pipeline",
        "An edge names a deleted pipeline; it is written with the job's own pipeline, or without. Restore it if wrong.",
    )
    RENEWED_EDGE = (
        "renewed_edge",
        "The patch of an edge was refused, so it was written as a new one, with a new creation time.",
    )
    EDGE_OF_OTHERS = "edge_of_others", "Others drew or changed an edge; columns are only added, the rest stays."
    TOO_MANY_TASKS = "too_many_tasks", "A pipeline has more tasks than are written; only the first are."
    UNKNOWN_TASK = "unknown_task", "The task of a status no longer exists in its pipeline; other statuses are written."
    NO_TIMESTAMP = "no_timestamp", "No event says when a run started; its status is not written."
    SAME_TIMESTAMP = "same_timestamp", "Another run started in the same millisecond; this run's status is not written."
    UNKNOWN_OWNER = "unknown_owner", "An owner is not in OpenMetadata, or not unique; the owner is left out."
    OWNER_LEFT_OUT = "owner_left_out", "OpenMetadata accepts several users or one team; the other owners are left out."
    TASK_OWNER = "task_owner", "OpenMetadata keeps no owners of tasks; name them as owners of the pipeline."
    NO_DASHBOARD = (
        "no_dashboard",
        "A dbt exposure has no URL, or it is not the source URL of exactly one dashboard; no edge leads to it.",
    )
    UNKNOWN_TAG = "unknown_tag", "Tags do not exist in OpenMetadata; set `write.create_tags` to create them."
    FOREIGN_TAG = "foreign_tag", "Tags belong to other classifications; set `write.tags: always` to write them."
    DROPPED = (
        "dropped",
        "An entity was soft-deleted because an event said that it was dropped, or stays because only its name matches.",
    )
    STALE_EDGE = "stale_edge", "Runs no longer show an edge; it stays unless `write.stale_edges: remove` is set."
    EXPIRED_EDGE = (
        "expired_edge",
        "No run has confirmed an edge for `lineage.expire_after` days; it was removed, or stays because others use it.",
    )
    RETRACTED_EDGE = (
        "retracted_edge",
        "Later events of a run show an edge to be false; it was removed, or stays for the reason that the line gives.",
    )
    NOT_EXPIRING = (
        "not_expiring",
        "Edges do not expire where lanes share the events; set `lanes` to 1, or remove `lineage.expire_after`.",
    )
    OVERWRITTEN = "overwritten", "Another task overwrote it at the same time; it was written again."
    PARKING_GIVEN_UP = (
        "parking_given_up",
        "A parked item was dropped: older than `parking.max_days`, or too much was parked.",
    )
    HELD_DROPPED = (
        "held_dropped",
        "Rows or counts that waited to be written were dropped, because they are not to be written any more.",
    )
    FAILED = "failed", "The catalogue refused a write; the line has its answer."
    ENDPOINT_FAILING = (
        "endpoint_failing",
        "An endpoint that only decorates lineage keeps failing; its facts are parked and tried again later.",
    )
    STOPPED = "stopped", "The publication ended early: the token was refused, or OpenMetadata did not answer."
