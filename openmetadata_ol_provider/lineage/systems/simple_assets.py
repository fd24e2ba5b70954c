"""Streams, storage, dashboards, models and indexes that need no code of their own: one row each.

Rows are added as in ``simple_tables``.
"""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.lineage.systems.system import Scheme, System, asset, files, objects, other, topic

SYSTEMS: Final = (
    # The specification's row. Some producers list several brokers; Flink 1 sends them without a scheme. One broker
    # belongs to one cluster, so any of them names it.
    System(
        name="kafka",
        title="Kafka, Redpanda",
        kind="topic",
        schemes={"kafka": Scheme(9092, "Kafka Redpanda")},
        aliases={"redpanda": "kafka", "plaintext": "kafka", "sasl_plaintext": "kafka", "sasl_ssl": "kafka"},
        namespaces="`kafka://host:port`, several brokers with commas, also with listeners (`SASL_SSL://host:9092`), "
        "`host:9092` without scheme",
        names="the topic",
        read=topic,
        addresses="brokers",
    ),
    # Spark's connector, for event hubs that are not read through their Kafka endpoint.
    System(
        name="eventhubs",
        title="Azure Event Hubs",
        kind="topic",
        schemes={"eventhubs": Scheme(None, "Kafka")},
        aliases={"eventhub": "eventhubs"},
        namespaces="`eventhubs://namespace.servicebus.windows.net`",
        names="the event hub",
        read=topic,
        addresses="brokers",
    ),
    # Asset URIs and hooks of Airflow, ARNs of Amazon's services. OpenMetadata has no entity for queues, so they are
    # looked for only by a rule.
    System(
        name="queues",
        title="RabbitMQ, ActiveMQ, SQS, SNS, Firehose, NATS, MQTT, Redis",
        kind="other",
        schemes={
            "rabbitmq": Scheme(5672), "activemq": Scheme(), "sqs": Scheme(), "sns": Scheme(), "firehose": Scheme(),
            "nats": Scheme(4222), "mqtt": Scheme(1883), "jms": Scheme(), "redis": Scheme(6379),
        },
        aliases={"amqp": "rabbitmq", "amqps": "rabbitmq", "rediss": "redis"},
        namespaces="`rabbitmq://host`, `arn:aws:sqs:region:account`",
        names="any name, unchanged",
        read=other,
    ),
    # The specification's `inmemory://` (datasets of type JOB_OUTPUT). They exist between jobs only: lineage goes
    # through them, not to them.
    System(
        name="inmemory",
        title="Data in memory",
        kind="other",
        schemes={"inmemory": Scheme()},
        namespaces="`inmemory://`",
        names="any name, unchanged",
        read=other,
    ),
    # Hadoop's file systems for the storage of Alibaba, Tencent, Huawei, Baidu, Oracle. The bucket is the namespace.
    System(
        name="objectstores",
        title="Object storage: OSS, COS, OBS, OCI, Cloudflare R2, Swift, OneLake, Ozone, lakeFS, JuiceFS and others",
        kind="container",
        schemes=dict.fromkeys(
            ("oss", "cos", "obs", "bos", "tos", "oci", "o3fs", "ofs", "lakefs", "alluxio", "r2", "swift", "juicefs",
             "onelake", "b2", "ks3", "hf", "gdrive"), Scheme()
        ),
        aliases={"cosn": "cos", "jfs": "juicefs"},
        namespaces="`oss://bucket` and the like, and any unknown scheme whose names have slashes",
        names="a key or prefix",
        read=objects,
    ),
    # The specification's row. The namespace is the name node, or the name of a pair of them; producers leave the port
    # out if the configuration did.
    System(
        name="hdfs",
        title="HDFS, ViewFS, MapR FS",
        kind="container",
        schemes={"hdfs": Scheme(8020), "viewfs": Scheme(), "maprfs": Scheme()},
        aliases={"webhdfs": "hdfs", "swebhdfs": "hdfs"},
        namespaces="`hdfs://namenode:port`, also without port",
        names="a path",
        read=files,
    ),
    # Producers name the server of the tool, and the dashboard by its id, title or path. Tools whose names are common
    # words (Mode, Hex, Sigma, Domo) are left to a rule.
    System(
        name="dashboards",
        title="Dashboards: Looker, Tableau, Power BI, Superset, Metabase, Redash, QuickSight, Qlik, Grafana and others",
        kind="dashboard",
        schemes={
            "looker": Scheme(443, "Looker"), "tableau": Scheme(443, "Tableau"),
            "powerbi": Scheme(443, "PowerBI PowerBIReportServer"), "superset": Scheme(8088, "Superset"),
            "metabase": Scheme(3000, "Metabase"), "redash": Scheme(5000, "Redash"),
            "quicksight": Scheme(None, "QuickSight", host_is_region=True), "qlik": Scheme(443, "QlikSense QlikCloud"),
            "grafana": Scheme(3000, "Grafana"), "lightdash": Scheme(8080, "Lightdash"),
            "thoughtspot": Scheme(443, "ThoughtSpot"), "microstrategy": Scheme(443, "MicroStrategy"),
        },
        aliases={"power-bi": "powerbi", "preset": "superset", "qliksense": "qlik", "qlikcloud": "qlik"},
        namespaces="`looker://host`, `tableau://host` and the like, `arn:aws:quicksight:region:account`",
        names="the dashboard's id or title, or a path that ends in one of them",
        read=asset("dashboard"),
    ),
    # `mlflow://host` and the registered model, Amazon's ARNs, Google's projects. A version or stage after the name
    # (`models:/churn/3`, `churn@champion`) is not an entity of its own in any catalogue.
    System(
        name="mlmodels",
        title="ML models: MLflow, SageMaker, Vertex AI",
        kind="mlmodel",
        schemes={
            "mlflow": Scheme(5000, "Mlflow"), "sagemaker": Scheme(None, "SageMaker", host_is_region=True),
            "vertexai": Scheme(None, "VertexAI"),
        },
        aliases={"aiplatform": "vertexai", "vertex-ai": "vertexai"},
        namespaces="`mlflow://host:port`, `arn:aws:sagemaker:region:account`, `vertexai://project`",
        names="the model, with or without its version",
        read=asset("mlmodel"),
    ),
    # Connectors of Spark, Flink and Kafka Connect; the ARN of an Amazon OpenSearch domain.
    System(
        name="searchindexes",
        title="Elasticsearch, OpenSearch, Solr",
        kind="searchIndex",
        schemes={
            "elasticsearch": Scheme(9200, "ElasticSearch OpenSearch"),
            "opensearch": Scheme(9200, "OpenSearch ElasticSearch"), "solr": Scheme(8983),
        },
        aliases={"es": "elasticsearch", "elastic": "elasticsearch", "aoss": "opensearch"},
        namespaces="`elasticsearch://host:port`, `opensearch://host:port`, `arn:aws:es:region:account:domain/name`",
        names="the index",
        read=asset("searchIndex"),
        addresses="cluster",
    ),
)  # fmt: skip
