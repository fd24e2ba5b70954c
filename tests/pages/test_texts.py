"""Links lead somewhere, symptoms are messages of the code, and lines are short."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from packaging.version import Version

import openmetadata_ol_provider
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.get_provider_info import OPTIONS
from tests.pages.pages import PACKAGE, PAGES, ROOT, keys, text_of


def messages() -> Iterator[str]:
    """Yield the string literals of the package; what is filled in is left out."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "\0".join(part.value for part in node.values if isinstance(part, ast.Constant))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_symptom_in_the_troubleshooting_is_a_message_of_the_code() -> None:
    known = "\n".join(messages())
    settings = {*OPTIONS, *(key for key, _ in keys(Config, ""))}
    heads = re.findall(r"^(?:\*\*.*?\*\*|- `[^`]+`:)", text_of("docs/troubleshooting.md"), re.MULTILINE | re.DOTALL)
    quoted = [
        span for head in heads for span in re.findall(r"`([^`]+)`", head.replace("\n", " ")) if span not in settings
    ]
    assert len(quoted) > 30
    for span in quoted:
        pattern = "[^\n]*?".join(re.escape(piece.strip()) for piece in span.split("..."))
        assert re.search(pattern, known), f"no message of the package says {span!r}"


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            assert file.exists(), f"{page.name}: {target}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
                assert anchor in anchors, f"{page.name}: {target}"


def test_lines_are_no_longer_than_120_characters() -> None:
    # Rows of a table cannot be broken; those of systems and facets are long.
    long = [
        f"{page.name}:{number}"
        for page in (*PAGES, ROOT / "CHANGELOG.md")
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120 and not (page != ROOT / "README.md" and line.startswith("|"))
    ]
    assert long == []


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## \[(.+?)\] - \d{4}-\d{2}-\d{2}$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == Version(openmetadata_ol_provider.__version__).base_version


def test_the_dependencies_told_are_those_of_the_package() -> None:
    told = set(
        re.findall(
            r"^\| `([\w-]+)`(?: >= [\d.]+)? \| ", text_of("docs/install.md").split("## Dependencies")[1], re.MULTILINE
        )
    )
    listed = re.search(r"^dependencies = \[(.*?)^\]", text_of("pyproject.toml"), re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert told == set(re.findall(r'"([\w-]+)', listed[1]))
