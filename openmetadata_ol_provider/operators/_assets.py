"""The parameters ``emit_assets`` and ``emit_replayed``, and the outlet that events of assets need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.asset_filter import parse_emit_assets
from openmetadata_ol_provider.ingestion.parameters import is_literal
from openmetadata_ol_provider.operators._base import parse_bool

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.asset_events import AssetEvents
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport


def with_asset_outlet(parameters: dict[str, Any], emit_assets: Any) -> dict[str, Any]:
    """Return parameters of an operator, with the alias of asset events among its outlets if events are wanted.

    :param parameters: parameters of the operator, for Airflow
    :param emit_assets: the parameter that asks for asset events
    :raises ConfigError: if the parameter is wrong, or if this Airflow has no assets
    """
    if not is_literal(emit_assets):
        raise ConfigError(
            f"emit_assets is {emit_assets!r}; it cannot be a template, because Airflow has to know the outlets when it "
            "reads the DAG file"
        )
    if parse_emit_assets(emit_assets) is None:
        return parameters
    from openmetadata_ol_provider.ingestion.asset_events import ALIAS
    from openmetadata_ol_provider.version_compat import asset_alias, has_assets

    if not has_assets():
        raise ConfigError(f"emit_assets is {emit_assets!r}, and this is Airflow 2; leave it out, or use Airflow 3")
    alias, outlets = asset_alias(ALIAS), parameters.get("outlets") or ()
    outlets = list(outlets) if isinstance(outlets, list | tuple) else [outlets]
    return {**parameters, "outlets": outlets if alias in outlets else [*outlets, alias]}


def asset_events_of(operator: Any, state_key: str, *, reads_again: bool = False) -> AssetEvents | None:
    """Return the asset events of a task, ``None`` if it gives none: not asked for, or a dry run.

    :param operator: an operator that publishes
    :param state_key: Variable with the checkpoint, of the lane if there are lanes
    :param reads_again: whether everything that the task reads counts as read again
    """
    asset_filter = parse_emit_assets(operator.emit_assets)
    if asset_filter is None or operator.is_dry_run:
        return None
    from openmetadata_ol_provider.ingestion.asset_events import AssetEvents

    replays = parse_bool("emit_replayed", operator.emit_replayed)
    return AssetEvents(state_key, asset_filter, replays=replays, reads_again=reads_again)


def give_asset_events(assets: AssetEvents | None, context: Any, report: PublishReport) -> PublishReport:
    """Give the asset events that wait, and return the report with their number."""
    import msgspec

    if assets is None:
        return report
    return msgspec.structs.replace(report, asset_events=assets.give(context["outlet_events"]).given)
