"""Reads the pages of the documentation, with their fenced blocks and tables."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "openmetadata_ol_provider"
PAGES = (ROOT / "README.md", *sorted((*DOCS.glob("*.md"), *(DOCS / "producers").glob("*.md"))))


class Block(NamedTuple):
    """A fenced block: where it is, the mark (an HTML comment) right before it, its language and text."""

    where: str
    mark: str
    language: str
    text: str


def _blocks() -> Iterator[Block]:
    fenced = re.compile(
        r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
    )
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        for found in fenced.finditer(content):
            line = content.count("\n", 0, found.start()) + 1
            yield Block(f"{page.name}:{line}", found["mark"] or "", found["language"], found["text"])


BLOCKS = tuple(_blocks())


def of(language: str) -> list[Any]:
    return [pytest.param(block, id=block.where) for block in BLOCKS if block.language == language]


def marked(mark: str) -> list[Block]:
    return [block for block in BLOCKS if block.mark.split(":")[0] == mark]


def table(page: str, mark: str) -> list[list[str]]:
    """Return the cells of the table after a mark, without its head."""
    content = (ROOT / page).read_text(encoding="utf-8").split(f"<!-- {mark} -->\n", 1)[1]
    rows = [line for line in content.split("\n\n", 1)[0].splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows]


def module_of(block: Block) -> types.ModuleType:
    module = types.ModuleType(re.sub(r"\W", "_", block.where))
    exec(compile(block.text, block.where, "exec"), module.__dict__)  # noqa: S102 - our own pages
    return module


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def keys(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = next(
            (part for part in getattr(field.annotation, "__args__", ()) if hasattr(part, "model_fields")), None
        )
        if hasattr(field.annotation, "model_fields"):
            yield from keys(field.annotation, f"{key}.")
            continue
        yield key, "needed" if field.default is PydanticUndefined else json.dumps(field.default)
        if inner is not None:
            yield from keys(inner, f"{key}[].")
