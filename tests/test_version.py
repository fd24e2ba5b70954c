"""The version comes from git tags, and without them from the changelog, marked as a development version."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import load_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def module() -> ModuleType:
    return load_file(ROOT / ".ci" / "version.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n## [3.2.1] - 2026-01-01\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(root: Path, *words: str) -> None:
    names = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    subprocess.run(["git", *names, *words], cwd=root, check=True, capture_output=True)  # noqa: S607


def commit(root: Path) -> None:
    git(root, "commit", "--quiet", "--allow-empty", "--message", "change")


def test_without_tags_it_is_a_development_version_of_the_newest_in_the_changelog(
    module: ModuleType, checkout: Path
) -> None:
    assert module.version(checkout) == "3.2.1.dev1"


def test_without_git_it_says_dev_too(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("## [3.2.1] - 2026-01-01\n")
    assert module.version(tmp_path) == "3.2.1.dev0"


def test_at_a_tag_it_is_that_of_the_tag_and_after_it_the_next_one(module: ModuleType, checkout: Path) -> None:
    pytest.importorskip("setuptools_scm")
    git(checkout, "tag", "v3.2.1")
    assert module.version(checkout) == "3.2.1"
    commit(checkout)
    assert module.version(checkout) == "3.2.2.dev1"


def test_a_source_distribution_has_the_version_it_was_built_with(module: ModuleType, checkout: Path) -> None:
    (checkout / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: x\nVersion: 9.8.7\n")
    assert module.version(checkout) == "9.8.7"


def test_a_changelog_without_a_version_is_an_error_that_names_the_file(module: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n")
    with pytest.raises(SystemExit, match=r"no version in .*CHANGELOG\.md"):
        module.version(tmp_path)


def test_each_version_has_one_section_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions == list(dict.fromkeys(versions))
