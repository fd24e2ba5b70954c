"""Operator extra links from a task to the pages of what it published in OpenMetadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.operators._openlineage import OwnLineage
from openmetadata_ol_provider.version_compat import BaseOperatorLink, get_xcom, links_are_read_by_tasks

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import Links

#: XCom key of the URLs that a publishing task stores for its links, one for each kind of page.
XCOM_KEY = "openmetadata_links"


def push_links(context: Any, links: Links) -> None:
    """Store the URL of the latest page of each kind as an XCom, for the task's links."""
    latest = latest_pages(links)
    if latest and "ti" in context:
        context["ti"].xcom_push(key=XCOM_KEY, value=latest)


def latest_pages(links: Links) -> dict[str, str]:
    """Return the URL of the latest page of each kind, without kinds that have none."""
    pages = {"pipeline": links.pipelines[-1:], "lineage": links.edges[-1:]}
    return {kind: urls[0] for kind, urls in pages.items() if urls}


class _PageLink(BaseOperatorLink):
    kind = ""

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the page's URL, empty if there is none.

        :param operator: in Airflow 3 the one that has just been executed, in Airflow 2 its serialised form
        """
        if isinstance(operator, OwnLineage) and links_are_read_by_tasks():
            # Not the XCom: Airflow logs an error for one that is missing.
            pages = operator.activity and operator.activity.pages
        else:
            pages = get_xcom(ti_key, XCOM_KEY)
        return str(pages.get(self.kind) or "") if isinstance(pages, dict) else ""


class PipelineLink(_PageLink):
    """Links to the pipeline that was published last."""

    name = "OpenMetadata pipeline"
    kind = "pipeline"


class LineageLink(_PageLink):
    """Links to the lineage of the dataset whose edge was published last."""

    name = "OpenMetadata lineage"
    kind = "lineage"
