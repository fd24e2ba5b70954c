"""Points links that leave the documentation at the repository, where the site has no such page."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"(\]\(|^\[[^\]]+\]: )((?:\.\./)+)(?=[\w.])", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Replace ``../`` that leads out of the documentation by the address of the repository.

    :param page: page with its path below the documentation's folder
    :param config: configuration of the site; ``repo_url`` is the address of the repository
    """
    depth = page.file.src_uri.count("/") + 1

    def link(match: re.Match[str]) -> str:
        inside = match[2].count("../") < depth
        return match[0] if inside else f"{match[1]}{config.repo_url.rstrip('/')}/blob/main/"

    return _OUTSIDE.sub(link, markdown)
