"""Rows of pipeline observability that wait to be written, as text."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text
from openmetadata_ol_provider.openmetadata.publishing.core.held_rows import HeldRow, HeldRows
from openmetadata_ol_provider.state.document import AnyDocument, damaged_state


def held_text(rows: HeldRows) -> str:
    """Return rows as text; empty if there are none."""
    return to_text([rows[key] for key in sorted(rows)]) if rows else ""


def held_of(document: AnyDocument, state_key: str) -> HeldRows:
    """Return the rows of a state.

    :raises CheckpointError: if their text is damaged
    """
    try:
        return {row.key: row for row in from_text(document.held, list[HeldRow])} if document.held else {}
    except ValueError as error:
        raise damaged_state(state_key, error) from None
