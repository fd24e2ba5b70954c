"""Tables, outlines and colours on a terminal; the same content as plain text everywhere else.

Plain text is never wrapped or cut. It is written without rich, which takes a millisecond for each row of a table.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from openmetadata_ol_provider.openlineage.sanitize import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

#: Fewest characters in which the last column of a table is wrapped; a narrower terminal wraps whole lines.
_LAST_COLUMN_WIDTH = 24
_UNLIMITED = 1 << 20


def is_decorated(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that takes colours, and ``NO_COLOR`` is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_line(stream: TextIO, *parts: str | tuple[str, str]) -> None:
    """Write a line, in which a pair is a text and its style on a terminal."""
    if not is_decorated(stream):
        stream.write("".join(part if isinstance(part, str) else part[0] for part in parts) + "\n")
        return
    from rich.text import Text

    _console(stream).print(Text.assemble(*parts), soft_wrap=True)


def write_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows to stdout as aligned columns; on a terminal that is wide enough, the last column is wrapped."""
    texts = [[str(cell) for cell in row] for row in rows]
    plain = _plain_table([head, *texts])
    if not is_decorated(sys.stdout):
        sys.stdout.write(plain)
        return
    from rich.table import Table
    from rich.text import Text

    last_width = max(len(row[-1]) for row in (head, *texts))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(head[-1], overflow="fold", min_width=min(last_width, _LAST_COLUMN_WIDTH))
    for row in texts:
        table.add_row(*map(Text, row))
    console = _console(sys.stdout)
    if console.measure(table, options=console.options.update(max_width=_UNLIMITED)).minimum <= console.width:
        console.print(table)
    else:
        # Narrower columns would cut or wrap names that people copy.
        sys.stdout.write(plain)


def _plain_table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )


def _width(text: str) -> int:
    """Return the number of columns of a terminal that a text takes: two for each Chinese or Japanese character."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - marks


class OutlineNode(NamedTuple):
    """A line of an outline and the lines below it.

    :param text: the line; characters that would control a terminal are escaped when it is written
    :param children: the lines below it
    :param indent: number of spaces by which plain text indents the children
    :param style: style of the line on a terminal
    """

    text: str
    children: Sequence[OutlineNode] = ()
    indent: int = 2
    style: str = ""


def plain_outline(nodes: Iterable[OutlineNode]) -> str:
    """Return an outline as indented lines."""
    return "".join(f"{line}\n" for node in nodes for line in _plain_lines(node, 0))


def write_outline(nodes: Iterable[OutlineNode]) -> None:
    """Write an outline to stdout: indented lines, on a terminal trees."""
    if not is_decorated(sys.stdout):
        sys.stdout.write(plain_outline(nodes))
        return
    console = _console(sys.stdout)
    for node in nodes:
        console.print(_tree(node))


def _plain_lines(node: OutlineNode, indent: int) -> Iterator[str]:
    yield f"{' ' * indent}{printable(node.text)}"
    for child in node.children:
        yield from _plain_lines(child, indent + node.indent)


def _tree(node: OutlineNode) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(printable(node.text), node.style, overflow="fold"), guide_style="dim")
    tree.children.extend(map(_tree, node.children))
    return tree


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)
