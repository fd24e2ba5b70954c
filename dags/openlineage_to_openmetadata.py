"""Lineage from Kafka to OpenMetadata: check the catalogue, wait for OpenLineage events, consume, translate, publish.

Ready to run: put this file into the DAGs folder and create the connections ``kafka_default`` and
``openmetadata_default``. Section ``[openmetadata_ol]`` of Airflow's configuration (``AIRFLOW__OPENMETADATA_OL__TOPICS``
and so on) sets the topics and the schedule; ``schedule = watch`` runs the DAG when events arrive (Airflow 3). With
``lanes = 4``, four groups of three tasks run in parallel, each on its own partitions. To read events again, trigger the
DAG with the parameter ``replay_from``; to accept a data loss under ``on_data_loss = fail``, trigger it with
``on_data_loss: continue``. With ``emit_assets = true``, DAGs start whose assets were written by any job that sends
OpenLineage events (Airflow 3).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task_group

from openmetadata_ol_provider import conf
from openmetadata_ol_provider.operators.check import CheckOpenMetadataOperator
from openmetadata_ol_provider.operators.consume import ConsumeOpenLineageOperator
from openmetadata_ol_provider.operators.publish import PublishLineageOperator
from openmetadata_ol_provider.operators.translate import TranslateOpenLineageOperator
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor

DAG_ID = "openlineage_to_openmetadata"
TOPICS = conf.topics()
KAFKA = conf.kafka_config_id()
REPLAY_FROM = "{{ params.replay_from }}"
ON_DATA_LOSS = "{{ params.on_data_loss }}"
LANES = conf.lanes()


def schedule() -> Any:
    """Return a cron expression, or the asset that a watcher updates when events arrive."""
    if conf.schedule() != "watch":
        return conf.schedule()
    from airflow.sdk import Asset, AssetWatcher

    from openmetadata_ol_provider.triggers.openlineage import OpenLineageActivityTrigger

    trigger = OpenLineageActivityTrigger(topics=TOPICS, kafka_config_id=KAFKA, dag_id=DAG_ID)
    return [Asset("openlineage_events", watchers=[AssetWatcher(name="openlineage_activity", trigger=trigger)])]


def steps(lane: Any = None) -> Any:
    """Create the tasks that consume, translate and publish one batch; return the first one.

    :param lane: number of the lane; default: all partitions
    """
    consume = ConsumeOpenLineageOperator(
        task_id="consume",
        topics=TOPICS,
        kafka_config_id=KAFKA,
        config=conf.config(),
        lane=lane,
        lanes=LANES,
        replay_from=REPLAY_FROM,
        on_data_loss=ON_DATA_LOSS,
    )
    translate = TranslateOpenLineageOperator(task_id="translate", config=conf.config(), batch=consume.output)
    publish = PublishLineageOperator(
        task_id="publish",
        openmetadata_conn_id=conf.openmetadata_conn_id(),
        config=conf.config(),
        plan=translate.output,
        emit_assets=conf.emit_assets(),
        emit_replayed="{{ params.emit_replayed }}",
    )
    consume >> translate >> publish
    return consume


with DAG(
    dag_id=DAG_ID,
    description="OpenLineage events from Kafka to OpenMetadata",
    schedule=schedule(),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    # One run at a time: each run continues at the checkpoint that the previous one has moved.
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": dt.timedelta(seconds=30)},
    params={
        "replay_from": Param(
            "",
            type=["string", "null"],
            title="Read again from",
            description="A time such as 2026-05-01T00:00:00Z, earliest, or offsets as JSON ({topic: {partition: "
            "offset}}): the checkpoint moves back to that position, and this run and later ones continue from there.",
        ),
        "on_data_loss": Param(
            "",
            type=["string", "null"],
            enum=["", "continue", "fail", None],
            title="When events are lost",
            description="Empty: use [openmetadata_ol] on_data_loss. continue: accept in this run that events were "
            "deleted before they were read, and continue with the remaining ones.",
        ),
        "emit_replayed": Param(
            False,
            type="boolean",
            title="Asset events for what is read again",
            description="With [openmetadata_ol] emit_assets: give events for runs that are read again, too, unless "
            "Airflow has them already.",
        ),
    },
    tags=["openlineage", "openmetadata", "lineage"],
    doc_md=__doc__,
) as dag:
    # Before the wait: a run without events publishes nothing, and would not notice that nothing could be published.
    check = CheckOpenMetadataOperator(task_id="check", openmetadata_conn_id=conf.openmetadata_conn_id())
    # Without new events the run is skipped, not failed, and the next one waits again.
    wait = OpenLineageSensor(
        task_id="wait",
        topics=TOPICS,
        kafka_config_id=KAFKA,
        deferrable=True,
        lanes=LANES,
        timeout=conf.wait_timeout(),
        soft_fail=True,
        replay_from=REPLAY_FROM,
    )
    check >> wait
    if LANES == 1:
        wait >> steps()
    else:
        # A group for each lane, so that a lane that fails or is slow does not delay the others.
        lanes = task_group(group_id="lane", prefix_group_id=False)(steps)
        wait >> lanes.expand(lane=list(range(LANES)))
