"""Indexes of search engines.

Source: not in the specification; connectors of Spark, Flink and Kafka Connect, ``elasticsearch://host:port`` + the
index; the ARN of an Amazon OpenSearch domain.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, asset

SYSTEM = System(
    title="Elasticsearch, OpenSearch, Solr",
    kind="searchIndex",
    schemes={"elasticsearch": 9200, "opensearch": 9200, "solr": 8983},
    aliases={"es": "elasticsearch", "elastic": "elasticsearch", "aoss": "opensearch"},
    namespaces="`elasticsearch://host:port`, `opensearch://host:port`, `arn:aws:es:region:account:domain/name`",
    names="the index",
    read=asset("searchIndex"),
)
