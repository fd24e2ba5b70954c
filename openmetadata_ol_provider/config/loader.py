"""Loads the configuration document, with errors that name the key and suggest the closest one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from openmetadata_ol_provider.config.messages import error_messages
from openmetadata_ol_provider.config.model import Config
from openmetadata_ol_provider.exceptions import ConfigError

VARIABLE_PREFIX = "variable:"
_YAML_BOOL = "tag:yaml.org,2002:bool"


def load_config(source: object = None, variable: Callable[[str], str | None] | None = None) -> Config:
    """Read and validate a config document.

    :param source: a mapping, a path to YAML or JSON, or ``variable:NAME``; ``None`` gives the defaults
    :param variable: function that reads an Airflow Variable's text; only available inside Airflow
    :raises ConfigError: naming the key, the value and the closest known key
    """
    if source is None:
        return Config()
    if isinstance(source, Config):
        return source
    where, document = _document(source, variable)
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{where}: " + "; ".join(error_messages(error, Config))) from None


def _document(source: object, variable: Callable[[str], str | None] | None) -> tuple[str, object]:
    if isinstance(source, dict):
        return "config", source
    if not isinstance(source, str | Path):
        raise ConfigError(
            f"config: a mapping, a path or 'variable:NAME' is expected, not {type(source).__name__}: {source!r}"
        )
    if isinstance(source, str) and source.startswith(VARIABLE_PREFIX):
        name = source.removeprefix(VARIABLE_PREFIX)
        where = f"Variable {name!r}"
        if variable is None:
            raise ConfigError(f"config {source!r}: Variables can be read in Airflow only; give a path instead")
        text = variable(name)
        if text is None:
            raise ConfigError(f"config {source!r}: there is no Variable {name!r}; create it or name another")
    else:
        where = f"config file {str(source)!r}"
        try:
            text = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{where} cannot be read: {error.strerror}; check the path") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{where} is not UTF-8; save it as UTF-8") from None
    import yaml

    try:
        # JSON is a subset of YAML, but its own parser gives better errors.
        document = json.loads(text, object_pairs_hook=_unique_keys) if text.lstrip().startswith("{") else _yaml(text)
    except _RepeatedKeyError as error:
        raise ConfigError(f"{where}: {error}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{where} is neither JSON nor YAML: {error}") from None
    return where, {} if document is None else document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _refuse_repeated([key for key, _ in pairs])
    return dict(pairs)


def _refuse_repeated(keys: list[str], where: str = "") -> None:
    """Refuse a key that a mapping has twice: both parsers would use the last one and drop the others silently.

    :raises _RepeatedKeyError: naming the key
    """
    for key in keys:
        if keys.count(key) > 1:
            raise _RepeatedKeyError(f"the key {key!r} is given twice in one mapping{where}; join the two")


class _RepeatedKeyError(Exception):
    """Raised while a document is parsed."""


def _yaml(text: str) -> object:
    """Read YAML with the booleans of YAML 1.2: YAML 1.1 would read the key ``on`` as ``true``."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            _refuse_repeated(keys, f", line {node.start_mark.line + 1}")
            mapping: dict[Any, Any] = super().construct_mapping(node, deep)
            return mapping

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _YAML_BOOL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(_YAML_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
