"""Finds the version of the package: from git tags, and a development version of the changelog's newest without them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def version(root: Path = _ROOT) -> str:
    """Return the version of a source distribution or a checkout.

    At a tag ``vX.Y.Z`` it is X.Y.Z; after one, the next development version, by setuptools-scm. A checkout without
    tags has the newest version of the changelog, with ``.dev`` and the number of commits.

    :param root: folder of the checkout, or of the unpacked source distribution
    :raises SystemExit: if neither git nor the changelog tells
    """
    packaged = root / "PKG-INFO"
    if packaged.exists():
        return _search(r"^Version: (\S+)$", packaged)
    if _git(root, "tag", "--list", "v[0-9]*"):
        from setuptools_scm import get_version

        return get_version(root, local_scheme="no-local-version")
    newest = _search(r"^## \[([0-9.]+)\]", root / "CHANGELOG.md")
    return f"{newest}.dev{_git(root, 'rev-list', '--count', 'HEAD') or 0}"


def _search(pattern: str, file: Path) -> str:
    match = re.search(pattern, file.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise SystemExit(f"no version in {file}: a line like {pattern!r} is expected")
    return match[1]


def _git(root: Path, *words: str) -> str:
    """Return the output of a git command; nothing where there is no checkout or no git."""
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
