"""Web addresses of objects in cloud storage are the buckets and keys that other producers name."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming


@pytest.mark.promise("C74")
@pytest.mark.parametrize(
    ("namespace", "name", "bucket", "key"),
    [
        ("https://raw.s3.eu-west-1.amazonaws.com", "/sales/x.csv", "s3://raw", "sales/x.csv"),
        ("https://raw.eu.s3.amazonaws.com", "sales/x.csv", "s3://raw.eu", "sales/x.csv"),
        ("https://s3.eu-west-1.amazonaws.com/raw", "sales/x.csv", "s3://raw", "sales/x.csv"),
        ("https://s3-eu-west-1.amazonaws.com", "raw/sales/x.csv", "s3://raw", "sales/x.csv"),
        ("https://raw.s3.cn-north-1.amazonaws.com.cn", "sales", "s3://raw", "sales"),
        ("prod", "https://raw.s3.amazonaws.com/sales/x.csv?X-Amz-Signature=abc", "s3://raw", "sales/x.csv"),
        ("https://storage.googleapis.com/raw", "sales/x.csv", "gs://raw", "sales/x.csv"),
        ("https://raw.storage.googleapis.com", "sales/x.csv", "gs://raw", "sales/x.csv"),
        ("https://acc.blob.core.windows.net/raw", "sales/x.csv", "abfss://raw@acc.dfs.core.windows.net", "sales/x.csv"),
        ("https://acc.dfs.core.windows.net", "raw/sales", "abfss://raw@acc.dfs.core.windows.net", "sales"),
        ("https://acc.privatelink.blob.core.windows.net/raw", "s", "abfss://raw@acc.dfs.core.windows.net", "s"),
        (
            "https://onelake.dfs.fabric.microsoft.com/ws", "lh.Lakehouse/Files/sales",
            "abfss://ws@onelake.dfs.fabric.microsoft.com", "lh.Lakehouse/Files/sales",
        ),
    ],
)  # fmt: skip
def test_the_bucket_and_the_key_of_a_web_address(namespace: str, name: str, bucket: str, key: str) -> None:
    named = Naming(DatasetOptions()).identities(namespace, name)
    assert named == Naming(DatasetOptions()).identities(bucket, key)
    assert named[0].kind == "container"


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("https://api.acme.com", "/orders"),
        ("https://s3.acme.com/raw", "sales/x.csv"),
        ("https://acc.table.core.windows.net", "/orders"),
        ("https://glue.eu-west-1.amazonaws.com", "/orders"),
        ("https://s3.eu-west-1.amazonaws.com", ""),
    ],
)
def test_other_web_addresses_are_no_storage(namespace: str, name: str) -> None:
    assert Naming(DatasetOptions()).identities(namespace, name)[0].kind != "container"
