"""Notes in the runs that are remembered what a plan has said of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.airflow_facets import facets_without_dag
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run
from openmetadata_ol_provider.openlineage.run_table import RunTable


def remembered_runs(
    runs: Mapping[str, Run], index: RunIndex, *, emitted: Collection[str], changed: Collection[str]
) -> Mapping[str, Run]:
    """Return the runs, those in the plan without their DAGs, and marked if their lineage is in it.

    :param runs: parts of runs by key
    :param index: the runs that these parts make
    :param emitted: keys of the runs whose lineage is in the plan
    :param changed: keys of the runs in the plan
    """
    noted: dict[str, Run] = {}
    for key in {*emitted, *changed}:
        if key not in index.runs:
            continue
        members = index.members(key)
        for part in members:
            run = runs[part]
            fields = facets_without_dag(run) if key in changed else {}
            if key in emitted:
                fields["lineage_emitted"] = True
            if not fields:
                continue
            if len(members) == 1 and run.state in TERMINAL:
                # Nothing is looked up by these fields once a run has ended.
                index.annotate(key, replace(run, **fields))
            else:
                noted[part] = replace(run, **fields)
    index.replace_parts(noted)
    return RunTable(index.parts)
