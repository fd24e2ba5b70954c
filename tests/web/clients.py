"""The client of an application, whichever versions of libraries an Airflow brings."""

from __future__ import annotations

import warnings
from typing import Any


def client_for(app: Any, **options: Any) -> Any:
    """Return a client of starlette's kind."""
    with warnings.catch_warnings():
        # Versions between those of Airflow 3.1 and 3.3 want other libraries than these bring.
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient

        return TestClient(app, **options)
