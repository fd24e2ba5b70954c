"""Adapts the documentation to a site: links to the repository, and nothing that asks other servers.

Links that leave the documentation point at the repository, where the site has no such page.
"""

from __future__ import annotations

import os
import re
from typing import Any

_OUTSIDE = re.compile(r"(\]\(|^\[[^\]]+\]: )((?:\.\./)+)(?=[\w.])", re.MULTILINE)
#: Makes the theme's script ask GitHub for the number of stars.
_STARS = ' data-md-component="source"'


#: Pages whose tables need the width of the table of contents.
_WIDE = frozenset({"comparison.md", "how-it-works.md", "scale.md"})


def on_config(config: Any, **_: Any) -> Any:
    """Leave out the choice of versions where there are none, because ``mike`` does not build the site.

    :param config: configuration of the site
    """
    if "MIKE_DOCS_VERSION" not in os.environ:
        config.extra.pop("version", None)
    return config


def on_post_page(output: str, **_: Any) -> str:
    """Take out what would ask GitHub for the number of stars.

    :param output: HTML of the page
    """
    return output.replace(_STARS, "")


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Replace ``../`` that leads out of the documentation by the address of the repository; give wide tables room.

    :param page: page with its path below the documentation's folder
    :param config: configuration of the site; ``repo_url`` is the address of the repository
    """
    if page.file.src_uri in _WIDE:
        page.meta["hide"] = ["toc"]
    depth = page.file.src_uri.count("/") + 1

    def link(match: re.Match[str]) -> str:
        inside = match[2].count("../") < depth
        return match[0] if inside else f"{match[1]}{config.repo_url.rstrip('/')}/blob/main/"

    return _OUTSIDE.sub(link, markdown)
