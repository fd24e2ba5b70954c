"""Locations in object stores and file systems, normalised, and the search expressions for them."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.names.namespaces import HostPort, parse_hosts
from openmetadata_ol_provider.lineage.names.object_urls import stored_object
from openmetadata_ol_provider.lineage.paths import decoded
from openmetadata_ol_provider.lineage.systems import parse_namespace, spellings, system_of
from openmetadata_ol_provider.openmetadata.resolution.search import literal, regex_literal
from openmetadata_ol_provider.openmetadata.resolution.service_types import scheme_of

#: Most parent directories that are searched, nearest first.
_MAX_PARENTS: Final = 8
# The search engine refuses longer regular expressions.
_MAX_PATTERN: Final = 900
#: Suffixes of a bucket in full paths that its normalised name lacks, as regular expressions.
_SUFFIXES: Final = {"hdfs": "(:[0-9]+)?", "abfss": r"(\.[^/]*)?"}

# An account of Azure, where only the container is known.
_ACCOUNT: Final = "(@[^/]*)?"


class Location(NamedTuple):
    """A path in an object store or file system, normalised.

    :param family: canonical scheme (``s3`` for s3a and s3n); ``file`` for plain paths
    :param bucket: bucket, container@account, or name node, in lower case, without port and domain
    :param path: path without leading and trailing slashes
    """

    family: str
    bucket: str
    path: str

    @property
    def segments(self) -> tuple[str, ...]:
        """Segments of the path."""
        return tuple(self.path.split("/")) if self.path else ()

    @property
    def spellings(self) -> tuple[Location, ...]:
        """The location as it is written and, if that differs, without percent-encoding."""
        if "%" not in self.path:
            return (self,)
        return tuple(dict.fromkeys((self, self._replace(path=decoded(self.path).strip("/")))))

    @property
    def lacks_account(self) -> bool:
        """Whether this is in a container of Azure without its storage account (``az://container``)."""
        return self.family == "abfss" and "@" not in self.bucket and bool(self.bucket)

    def in_store(self, addresses: Collection[HostPort] | None) -> Location:
        """Return the location in a store of its own, such as MinIO, whose address stands in the place of the bucket.

        No bucket's name has a port; without one it has to be an address of the services.

        :param addresses: hosts and ports of the services that are known to hold the location, ``None`` if none is known
        """
        if addresses is None or self.family != "s3":
            return self
        if ":" not in self.bucket and not any(pair in addresses for pair in parse_hosts(self.bucket)):
            return self
        bucket, _, path = self.path.partition("/")
        return Location(self.family, bucket.lower(), path)

    @property
    def root_names(self) -> tuple[str, ...]:
        """Names that the container of the whole bucket may have; empty without a bucket."""
        return tuple(dict.fromkeys(filter(None, (self.bucket, self.bucket.partition("@")[0]))))

    def holds(self, other: Location, *, exact_case: bool) -> bool:
        """Return whether another location is this one or below it.

        :param other: other location
        :param exact_case: ``True`` if the letter case of the paths counts
        """
        own, below = (one.segments if exact_case else one.path.casefold().split("/") for one in (self, other))
        bucket = self.bucket.partition("@")[0] if other.lacks_account else self.bucket
        if (self.family, bucket) != (other.family, other.bucket):
            return False
        return not self.path or list(below[: len(own)]) == list(own)

    def pattern(self, *, least: int) -> str | None:
        """Return a regular expression for the full paths of this location and of its parents.

        :param least: fewest segments of a parent
        :return: the expression, or ``None`` if it is too long for the search engine
        """
        first, segments = max(least, len(self.segments) - _MAX_PARENTS), [regex_literal(part) for part in self.segments]
        tail = "".join(f"(/{part}" for part in segments[first:])
        return self._with_bucket("".join(f"/{part}" for part in segments[:first]), tail + ")?" * tail.count("(/"))

    @property
    def wildcard(self) -> str | None:
        """Wildcard expression for all full paths below the first directory; ``None`` without a bucket."""
        if not self.bucket or not self.path:
            return None
        between = {"hdfs": "*", "abfss": "*"}.get(self.family, "")
        return f"*://{literal(self.bucket)}{between}/{literal(self.segments[0])}*"

    @property
    def below_bucket(self) -> str | None:
        """Regular expression for all full paths in the bucket; ``None`` if it is too long."""
        return self._with_bucket("", "(/.*)?")

    @property
    def below(self) -> str | None:
        """Regular expression for all full paths below this one; ``None`` if it is too long."""
        return self._with_bucket("".join(f"/{regex_literal(part)}" for part in self.segments), "/.+")

    @property
    def _suffix(self) -> str:
        """What full paths may have after the bucket, as a regular expression."""
        port = _default_port(self.family)
        return _SUFFIXES.get(self.family, "") if port is None else f"(:{port})?"

    @property
    def _web_bucket(self) -> str:
        """Regular expression for the web address of a container of Azure."""
        container, _, account = self.bucket.partition("@")
        return f"https://{regex_literal(account) or '[^/.]+'}\\.[^/]*/{regex_literal(container)}"

    def _with_bucket(self, start: str, end: str) -> str | None:
        if self.family == "file":
            pattern = f"(file:)?/*{start.removeprefix('/')}{end}/?"
        elif self.family == "dbfs" and not self.bucket:
            pattern = f"dbfs:/*{start.removeprefix('/')}{end}/?"
        else:
            scheme = "|".join(map(regex_literal, spellings(self.family)))
            bucket = regex_literal(self.bucket) + (_ACCOUNT if self.lacks_account else self._suffix)
            pattern = f"({scheme})://{bucket}{start}{end}/?"
            on_web = f"({pattern})|({self._web_bucket}{start}{end}/?)" if self.family == "abfss" else pattern
            pattern = on_web if len(on_web) <= _MAX_PATTERN else pattern
        return pattern if len(pattern) <= _MAX_PATTERN else None


def location(namespace: str, name: str = "") -> Location | None:
    """Return the location of a dataset, ``None`` if its namespace is not a known scheme.

    :param namespace: namespace, or a complete path if there is no name
    :param name: name; default: empty
    """
    parsed = parse_namespace(namespace)
    if parsed.is_web and (stored := stored_object(parsed, name)) is not None:
        parsed, name = parse_namespace(stored[0]), stored[1]
    scheme = scheme_of(parsed)
    if scheme is None and "://" not in parsed.raw.rstrip("/"):
        return None
    if "://" in name:
        parsed, name = parse_namespace(name), ""
    path = f"{parsed.path}{parsed.parameters}/{name}"
    if scheme is None:
        # Whatever the scheme stands for, a container with this full path is the one.
        return Location(parsed.scheme, parsed.authority.lower(), _clean(path))
    if scheme.name == "file":
        return Location("file", "", _clean(f"{parsed.authority}/{path}"))
    if scheme.name == "dbfs" and not parsed.authority:
        # The file system of one workspace: `dbfs:/mnt/raw`.
        return Location("dbfs", "", _clean(path))
    if "://" not in parsed.raw.rstrip("/"):
        # Without a host or bucket nothing tells which storage is meant.
        return Location(scheme.name, "", "")
    return Location(scheme.name, _bucket(scheme.name, parsed.authority.lower()), _clean(path))


def _default_port(family: str) -> int | None:
    """Return the port that addresses of servers may leave out, ``None`` if names have none."""
    system = system_of(family)
    return system.schemes[family].port if system is not None and system.name == "ftp" else None


def _bucket(family: str, bucket: str) -> str:
    if family == "hdfs":
        # The name node is the same with or without the port.
        return bucket.partition(":")[0]
    if (port := _default_port(family)) is not None:
        return bucket.removesuffix(f":{port}")
    if family == "abfss":
        # The blob and data lake endpoints are two protocols of one account; each cloud has its own domain.
        return re.sub(r"\.(?:dfs|blob)\.(?:core\.[\w.]+|storage\.azure\.net)$", "", bucket)
    return bucket


def _clean(path: str) -> str:
    return "/".join(segment for segment in path.split("/") if segment)
