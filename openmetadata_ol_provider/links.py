"""Links from a task to what it published, in OpenMetadata's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.version_compat import BaseOperatorLink, get_xcom

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import Links

#: XCom key under which a publishing task leaves its links: one for each kind of page.
XCOM_KEY = "openmetadata_links"


def push_links(context: Any, links: Links) -> None:
    """Leave the latest page of each kind where the task's links find it."""
    pages = {"pipeline": links.pipelines[-1:], "lineage": links.edges[-1:]}
    found = {kind: urls[0] for kind, urls in pages.items() if urls}
    if found and "ti" in context:
        context["ti"].xcom_push(key=XCOM_KEY, value=found)


class _PageLink(BaseOperatorLink):
    kind = ""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """Return the page's URL, empty if there is none."""
        pages = get_xcom(ti_key, XCOM_KEY)
        return str(pages.get(self.kind) or "") if isinstance(pages, dict) else ""


class PipelineLink(_PageLink):
    """The pipeline that was published last."""

    name = "OpenMetadata pipeline"
    kind = "pipeline"


class LineageLink(_PageLink):
    """The lineage of the dataset whose edge was published last."""

    name = "OpenMetadata lineage"
    kind = "lineage"
