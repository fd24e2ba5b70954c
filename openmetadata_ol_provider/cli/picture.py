"""``openmetadata-ol picture``: draws the lineage of a plan, of event files, or of OpenMetadata as a page."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from openmetadata_ol_provider.cli.exit_codes import DONE, FAILED
from openmetadata_ol_provider.cli.openmetadata_client import openmetadata_client, refuse_unused_files
from openmetadata_ol_provider.cli.output import write_file
from openmetadata_ol_provider.cli.picture_sources import graph_around, graph_of_plan
from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.picture.graph import LineageGraph
from openmetadata_ol_provider.picture.page import as_page


def picture_command(arguments: Namespace) -> int:
    """Write the page.

    :return: exit code, which is 1 when some lines are not OpenLineage events
    :raises ConfigError: if it is not clear what to draw, or a file cannot be read or written
    """
    from_catalogue = bool(arguments.host or arguments.openmetadata_conn_id)
    if from_catalogue == bool(arguments.files):
        raise ConfigError(
            "what to draw: give files with a plan or with events, or --host (or --openmetadata-conn-id) with --dataset"
        )
    graph, title, malformed = _of_catalogue(arguments) if from_catalogue else _of_files(arguments)
    # OpenMetadata follows lineage a number of steps only: what is behind them is missing in the picture.
    note = f"At most {counted(arguments.depth, 'step')} upstream and downstream" if from_catalogue else ""
    write_file(as_page(graph, title, note, arguments.dataset or "").encode(), arguments.output)
    sys.stderr.write(
        f"{arguments.output}: {counted(len(graph.cards), 'dataset')}, {counted(len(graph.arrows), 'edge')}\n"
    )
    if malformed:
        said = "message is not an OpenLineage event" if malformed == 1 else "messages are not OpenLineage events"
        sys.stderr.write(f"openmetadata-ol: {malformed} {said}; `openmetadata-ol explain` shows why\n")
    return FAILED if malformed else DONE


def _of_catalogue(arguments: Namespace) -> tuple[LineageGraph, str, int]:
    if not arguments.dataset:
        raise ConfigError("--dataset is missing: give the fully qualified name of the entity to draw")
    with openmetadata_client(arguments) as client:
        graph = graph_around(client, arguments.type, arguments.dataset, arguments.depth)
    return graph, f"Lineage of {arguments.dataset}", 0


def _of_files(arguments: Namespace) -> tuple[LineageGraph, str, int]:
    if arguments.dataset:
        raise ConfigError(
            "--dataset is given with files, whose lineage is drawn as a whole; leave it out, and open the page with "
            f"#{arguments.dataset} at the end of its address"
        )
    refuse_unused_files(arguments)
    malformed = 0
    names = ", ".join(Path(file).name for file in arguments.files)
    plan = _stored_plan(arguments.files)
    if plan is None:
        from openmetadata_ol_provider.cli.translate import read_plan

        plan, file_events = read_plan(arguments.files, load_config(arguments.config))
        malformed = file_events.malformed
    return graph_of_plan(plan), f"Lineage of {names}", malformed


def _stored_plan(files: list[str]) -> LineagePlan | None:
    """Return the plan that a single file contains; ``None`` if the files contain events.

    :raises ConfigError: if it is a plan of another version
    """
    file = Path(files[0])
    if len(files) > 1 or not file.is_file():
        return None
    with file.open("rb") as content:
        if content.read(1) != b"{":
            return None
    try:
        document = json.loads(file.read_bytes())
    except ValueError:
        return None
    if not isinstance(document, dict) or not {"edges", "datasets", "version"} <= document.keys():
        return None
    try:
        return LineagePlan.from_dict(document)
    except ValueError as error:
        raise ConfigError(f"{files[0]}: {error}") from None
