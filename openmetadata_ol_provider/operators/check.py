"""Check that OpenMetadata can be reached and accepts the token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.operators._base import airflow_errors, catalogue_client

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class CheckOpenMetadataOperator(BaseOperator):
    """Ask OpenMetadata for its version and the user of the token; fail if publishing could not work.

    Put it before a sensor: a run that finds no events publishes nothing, and would not notice a wrong address, a wrong
    token or a server that is down. It writes nothing; ``openmetadata-ol check`` also checks each permission.

    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :return: ``version`` of the server and ``user`` of the token
    """

    template_fields: Sequence[str] = ("openmetadata_conn_id",)
    ui_color = "#f7f3d0"

    def __init__(self, *, openmetadata_conn_id: str = "openmetadata_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.openmetadata_conn_id = openmetadata_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask OpenMetadata."""
        from openmetadata_ol_provider.openmetadata.admin.reachability import require_catalogue

        with airflow_errors():
            seen = require_catalogue(catalogue_client(self))
        self.log.info("OpenMetadata %s answers and accepts the token of %s", seen["version"], seen["user"] or "unknown")
        return seen
