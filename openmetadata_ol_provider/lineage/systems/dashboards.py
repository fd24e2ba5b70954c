"""Dashboards and reports of business intelligence tools.

Source: not in the specification; producers name the tool's server and the dashboard by its id, title or path. Tools
whose names are common words (Mode, Hex, Sigma, Domo) are left to a rule.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, asset

SYSTEM = System(
    title="Dashboards: Looker, Tableau, Power BI, Superset, Metabase, Redash, QuickSight, Qlik, Grafana and others",
    kind="dashboard",
    schemes={
        "looker": 443, "tableau": 443, "powerbi": 443, "superset": 8088, "metabase": 3000, "redash": 5000,
        "quicksight": None, "qlik": 443, "grafana": 3000, "lightdash": 8080, "thoughtspot": 443, "microstrategy": 443,
    },
    aliases={"power-bi": "powerbi", "preset": "superset", "qliksense": "qlik", "qlikcloud": "qlik"},
    namespaces="`looker://host`, `tableau://host` and alike, `arn:aws:quicksight:region:account`",
    names="the dashboard's id or title, or a path that ends in one of them",
    read=asset("dashboard"),
)  # fmt: skip
