"""Recognises the tables that dbt writes first, before it renames them to those of its models or merges them there."""

from __future__ import annotations

import re
from typing import Final

# `orders__dbt_tmp`, `orders__dbt_tmp143015123456` (PostgreSQL), `orders__dbt_new_data` (ClickHouse).
_SUFFIX: Final = re.compile(r"(?<=[^.\"`\[])__dbt_(?:tmp|new_data|backup)(?:_?[0-9a-f_]*)(?=[\"`\]]?$)", re.IGNORECASE)


def of_model(name: str) -> str:
    """Return the name of the table that a model has in the end, any other name as it is."""
    return _SUFFIX.sub("", name) if "__dbt_" in name.lower() else name


def is_interim(name: str) -> bool:
    """Tell whether a table is written before that of a model: its rows and changes are not those of the model."""
    return of_model(name) != name


def are_of_one_model(one: str, other: str) -> bool:
    """Tell whether two different names are those of a model's table and of one that is written before it."""
    return one != other and of_model(one).casefold() == of_model(other).casefold()
