"""Derives the URIs that an Airflow asset may have which is a certain dataset.

Airflow's providers write a table as a path (``postgres://host:5432/database/schema/table``) and add the default port;
without them a URI stays as its author has written it. So a dataset has several candidates: other spellings of the
scheme, with and without the default port, each of several brokers, slashes or dots, letter case where it does not
matter. Every candidate, read back, is the same dataset by the rules by which all names are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming, keys_of
from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.lineage.systems import canonical_scheme, parse_namespace, spellings, system_of

#: Most candidates of one identity, the likeliest first: each is a request to Airflow's API.
MAX_CANDIDATES: Final = 12
#: Most spellings of a scheme that are tried.
_MAX_SCHEMES: Final = 3
#: Schemes that Airflow's providers replace.
_REPLACED: Final = {"mariadb": "mysql"}
#: Systems that spell names without quotes in capitals.
_IN_CAPITALS: Final = frozenset({"snowflake", "oracle", "db2"})
#: The two addresses of an account of Azure's storage.
_AZURE: Final = (".dfs.core.", ".blob.core.")
#: Longest URI of an asset in Airflow.
_MAX_URI: Final = 1500
# What a path says of partitions is part of an asset's URI, and nothing of the configuration is.
_PLAIN: Final = Naming(DatasetOptions(strip_partitions=False))


def candidate_uris(dataset: DatasetId, identities: Iterable[Identity]) -> tuple[str, ...]:
    """Return the URIs that an asset may have which is a dataset, each once.

    :param dataset: the dataset's own name
    :param identities: its identities; none if a rule leaves it out
    """
    named = dict.fromkeys((*identities, *_PLAIN.identities(dataset.namespace, dataset.name)))
    return tuple(dict.fromkeys(uri for one in (*named, *map(_replaced, named)) for uri in _candidates(one)))


def dataset_of_uri(uri: str) -> DatasetId | None:
    """Return the name in OpenLineage of the dataset that an asset's URI means, ``None`` if it is not a URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if uri[:4].lower() == "arn:":
        # An ARN names the owner in its first five parts.
        *owner, resource = uri.split(":", 5)
        return DatasetId(":".join(owner), resource) if len(owner) == 5 and resource else None
    if not parts.scheme or not (parts.netloc or parts.path):
        return None
    system = system_of(canonical_scheme(parts.scheme))
    if parts.scheme.lower() == "file":
        return DatasetId("file", parts.path)
    namespace, path = f"{parts.scheme}://{parts.netloc}", parts.path.strip("/")
    if system is None or system.kind != "table":
        return DatasetId(namespace, parts.path.lstrip("/"))
    levels = path.split("/")
    return DatasetId(namespace, path if len(levels) == 1 else join_identifier(levels))


def _replaced(identity: Identity) -> Identity:
    """Return an identity as it is in URIs of Airflow's providers."""
    scheme, colon, rest = identity.namespace.partition("://")
    return Identity(f"{_REPLACED.get(scheme, scheme)}{colon}{rest}", identity.name, identity.kind)


@lru_cache(maxsize=16_384)
def _candidates(identity: Identity) -> tuple[str, ...]:
    keys = set(keys_of(identity))
    found: list[str] = []
    for _, uri in sorted(_spelled(identity), key=lambda item: item[0]):
        if uri not in found and len(uri) <= _MAX_URI and not keys.isdisjoint(_keys_of_uri(uri)):
            found.append(uri)
        if len(found) == MAX_CANDIDATES:
            break
    return tuple(found)


def _keys_of_uri(uri: str) -> set[tuple[str, str, str]]:
    dataset = dataset_of_uri(uri)
    identities = _PLAIN.identities(dataset.namespace, dataset.name) if dataset is not None else ()
    return {key for identity in identities for key in keys_of(identity)}


def _spelled(identity: Identity) -> Iterator[tuple[int, str]]:
    """Yield the URIs of an identity, each with the number of its deviations from the likeliest one."""
    parsed = parse_namespace(identity.namespace)
    if parsed.is_arn:
        name = identity.name
        if parsed.scheme == "glue" and identity.kind == "table":
            name = f"table/{'/'.join(split_identifier(name))}"
        yield 0, f"{identity.namespace}:{name}"
        yield 1, f"{identity.namespace}/{name}"
        return
    if parsed.scheme == "file":
        yield 0, f"file://{identity.name}"
        return
    paths = list(_paths(identity, parsed.scheme))
    if not parsed.is_url:
        # A system without address, such as BigQuery: the first part of the name is in its place.
        for cost, path in enumerate(paths):
            yield cost, f"{parsed.scheme}://{path}"
        return
    for by_scheme, scheme in enumerate(spellings(parsed.scheme)[:_MAX_SCHEMES]):
        for by_server, server in enumerate(_servers(parsed)):
            for by_path, path in enumerate(paths):
                yield by_scheme + by_server + by_path, f"{scheme}://{server}/{path}"


def _servers(namespace: Namespace) -> list[str]:
    """Return the spellings of a namespace's server, the likeliest first: as Airflow's providers write it."""
    authority, system = namespace.authority, system_of(namespace.scheme)
    port = system.schemes[namespace.scheme].port if system is not None else None
    servers = []
    for host in authority.split(","):
        bare = host.strip()
        has_port = ":" in bare.rpartition("]")[2].rpartition("@")[2]
        if port is not None and not has_port:
            servers += [f"{bare}:{port}", bare]
        elif port is not None and bare.endswith(f":{port}"):
            servers += [bare, bare.removesuffix(f":{port}")]
        else:
            servers.append(bare)
    in_path = namespace.path.rstrip("/")
    spelled = [*servers, *([authority] if "," in authority else ()), *(server.lower() for server in servers)]
    for one, other in (_AZURE, _AZURE[::-1]):
        spelled += [server.replace(one, other) for server in servers]
    return [server + in_path for server in dict.fromkeys(spelled)]


def _paths(identity: Identity, scheme: str) -> Iterator[str]:
    """Yield the spellings of a name below its server, the likeliest first."""
    name = identity.name
    if identity.kind != "table":
        yield name.lstrip("/")
        return
    path = "/".join(split_identifier(name))
    capitals = (path.upper(),) if scheme in _IN_CAPITALS else ()
    yield from dict.fromkeys((path, path.lower(), *capitals, name))
