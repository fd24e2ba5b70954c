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
        "A facet differs from its OpenLineage schema; it is left out and the rest of the event is read.",
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
        "A run was forgotten before it ended: no event for `open_run_ttl`, or more than `max_open_runs` were open.",
    )
    RUN_TRIMMED = "run_trimmed", "A run lost columns and SQL of its earlier events because of `max_state_bytes`."
    STATE_TRIMMED = "state_trimmed", "The remembered runs exceeded `max_state_bytes`; the line says what was dropped."
    # Lineage
    PRODUCT_TOO_LARGE = (
        "product_too_large",
        "Inputs times outputs of a run are too many edges; none, or only the first, are drawn.",
    )
    PLAN_TOO_LARGE = "plan_too_large", "Edges were left out of a plan that is too large; lower `max_events`."
    TEMPORARY_SOURCE = "temporary_source", "A temporary dataset was read, but no job was seen writing it."
    # Catalogue
    UNRESOLVED = (
        "unresolved",
        "A dataset is not in the catalogue; the line says where it was looked for: see [No lineage](#no-lineage).",
    )
    AMBIGUOUS = "ambiguous", "A dataset's name matches several entities; add the rule that the line proposes."
    NO_STUB = "no_stub", "A stub for a missing dataset was not created; the line says why."
    UNKNOWN_COLUMN = "unknown_column", "The table in the catalogue has no such column; ingest its metadata again."
    NO_PIPELINE = "no_pipeline", "A pipeline does not exist and `write.create_pipelines` is false."
    NO_SERVICE = "no_service", "A pipeline service does not exist and `write.create_services` is false."
    AMBIGUOUS_PIPELINE = (
        "ambiguous_pipeline",
        "Several pipelines may be this one; name the service in `pipelines.service`.",
    )
    SHARED_PIPELINE = (
        "shared_pipeline",
        "Jobs of several namespaces lead to one pipeline; if that is wrong, set `pipelines.reuse`.",
    )
    TWIN_PIPELINE = "twin_pipeline", "A pipeline created earlier is no longer written; delete it."
    TOO_MANY_TASKS = "too_many_tasks", "A pipeline has more tasks than are written; only the first are."
    UNKNOWN_TASK = (
        "unknown_task",
        "The task of a status no longer exists in its pipeline; the other statuses are written.",
    )
    NO_TIMESTAMP = "no_timestamp", "No event says when a run started; its status is not written."
    SAME_TIMESTAMP = "same_timestamp", "Another run started in the same millisecond; this run's status is not written."
    UNKNOWN_OWNER = "unknown_owner", "An owner is not in OpenMetadata, or not unique; the owner is left out."
    OWNER_LEFT_OUT = "owner_left_out", "OpenMetadata accepts several users or one team; the other owners are left out."
    UNKNOWN_TAG = "unknown_tag", "Tags do not exist in OpenMetadata; set `write.create_tags` to create them."
    FOREIGN_TAG = "foreign_tag", "Tags belong to classifications of others; set `write.tags: always` to write them."
    DROPPED = "dropped", "An entity was soft-deleted because an event said that it was dropped."
    STALE_EDGE = "stale_edge", "Runs no longer show an edge; it stays unless `write.stale_edges: remove` is set."
    OVERWRITTEN = "overwritten", "Another task overwrote it at the same time; it was written again."
    PARKING_GIVEN_UP = (
        "parking_given_up",
        "A parked item was dropped: older than `parking.max_days`, or too much was parked.",
    )
    FAILED = "failed", "The catalogue refused a write; the line has its answer."
