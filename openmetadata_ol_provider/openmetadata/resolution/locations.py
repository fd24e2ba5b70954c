"""Places in object stores and file systems, in one spelling, and how a search for them is written. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from openmetadata_ol_provider.openmetadata.resolution.namespaces import parse_namespace
from openmetadata_ol_provider.openmetadata.resolution.search import literal, regex_literal

#: Parent directories that are looked for, nearest first.
_MAX_PARENTS: Final = 8
# Longer regular expressions are refused by the search engine.
_MAX_PATTERN: Final = 900
#: Schemes that mean the same, for search.
_SCHEMES: Final = {"s3": "s3[an]?|minio", "gs": "gc?s", "abfss": "abfss?|wasbs?", "hdfs": "(s?web)?hdfs"}
#: What a bucket's name in a full path may have that its normalised one has not.
_SUFFIXES: Final = {"hdfs": "(:[0-9]+)?", "abfss": r"(\.[^/]*)?"}


class Location(NamedTuple):
    """An object-store or file path, normalised.

    :param family: canonical scheme (``s3`` for s3a and s3n); ``file`` for plain paths
    :param bucket: bucket, container@account, or name node; lower-case, without port and domain
    :param path: without leading and trailing slashes
    """

    family: str
    bucket: str
    path: str

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's segments."""
        return tuple(self.path.split("/")) if self.path else ()

    @property
    def root_names(self) -> tuple[str, ...]:
        """Names that the container of the whole bucket may have; none where a path has no bucket."""
        return tuple(dict.fromkeys(filter(None, (self.bucket, self.bucket.partition("@")[0]))))

    def holds(self, other: Location, *, exact_case: bool) -> bool:
        """Tell whether another place is this one or below it."""
        mine, theirs = (one.segments if exact_case else one.path.casefold().split("/") for one in (self, other))
        if (self.family, self.bucket) != (other.family, other.bucket):
            return False
        return not self.path or list(theirs[: len(mine)]) == list(mine)

    def pattern(self, *, least: int) -> str | None:
        """Return a regular expression for the full paths of this place and of its parents.

        :param least: segments that a parent has to have
        :return: ``None`` if it were too long for the search engine
        """
        first, segments = max(least, len(self.segments) - _MAX_PARENTS), [regex_literal(part) for part in self.segments]
        tail = "".join(f"(/{part}" for part in segments[first:])
        return self._with_bucket("".join(f"/{part}" for part in segments[:first]), tail + ")?" * tail.count("(/"))

    @property
    def wildcard(self) -> str | None:
        """A search expression for all full paths that begin with the first directory; ``None`` without a bucket."""
        if not self.bucket or not self.path:
            return None
        between = {"hdfs": "*", "abfss": "*"}.get(self.family, "")
        return f"*://{literal(self.bucket)}{between}/{literal(self.segments[0])}*"

    @property
    def below_bucket(self) -> str | None:
        """A regular expression for all full paths in the bucket."""
        return self._with_bucket("", "(/.*)?")

    def _with_bucket(self, start: str, end: str) -> str | None:
        if self.family == "file":
            pattern = f"(file:)?/*{start.removeprefix('/')}{end}/?"
        else:
            scheme = _SCHEMES.get(self.family, regex_literal(self.family))
            bucket = regex_literal(self.bucket) + _SUFFIXES.get(self.family, "")
            pattern = f"({scheme})://{bucket}{start}{end}/?"
        return pattern if len(pattern) <= _MAX_PATTERN else None


def location(namespace: str, name: str = "") -> Location | None:
    """Return the normalised location of a namespace and name, or of a whole path given as namespace."""
    scheme = parse_namespace(namespace).scheme
    family = scheme.name if scheme else None
    text = namespace if not name else name if "://" in name else f"{namespace.rstrip('/')}/{name.lstrip('/')}"
    if family is None:
        return None
    if family == "file":
        path = re.sub(r"^file:?/*", "", text, flags=re.IGNORECASE)
        return Location("file", "", _clean(path))
    _, _, rest = text.partition("://")
    bucket, _, path = rest.partition("/")
    return Location(family, _bucket(family, bucket.lower()), _clean(path))


def _bucket(family: str, bucket: str) -> str:
    if family == "hdfs":
        # With or without the port it is the same name node.
        return bucket.partition(":")[0]
    if family == "abfss":
        # Blob and data lake endpoints are two protocols of one account; clouds have domains of their own.
        return re.sub(r"\.(?:dfs|blob)\.(?:core\.[\w.]+|storage\.azure\.net)$", "", bucket)
    return bucket


def _clean(path: str) -> str:
    return "/".join(segment for segment in path.split("/") if segment)
