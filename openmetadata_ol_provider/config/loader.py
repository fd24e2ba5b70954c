"""Loads the configuration document, with errors that name the key and suggest the closest one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

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
        raise ConfigError(f"{where}: " + "; ".join(_messages(error))) from None


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
        document = json.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{where} is neither JSON nor YAML: {error}") from None
    return where, {} if document is None else document


def _yaml(text: str) -> object:
    """Read YAML with the booleans of YAML 1.2: YAML 1.1 would read the key ``on`` as ``true``."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _YAML_BOOL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(_YAML_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader


def _messages(error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        path = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            yield f"unknown key {path!r}{_suggestion(item['loc'])}"
        else:
            yield f"{path or 'document'}: {item['msg']} (seen: {item['input']!r})"


def _suggestion(location: tuple[int | str, ...]) -> str:
    valid_keys = sorted(_keys(Config, location[:-1]))
    closest = difflib.get_close_matches(str(location[-1]), valid_keys, n=1)
    return f", did you mean {closest[0]!r}?" if closest else f" (known: {', '.join(valid_keys)})"


def _keys(model: Any, path: tuple[int | str, ...]) -> set[str]:
    """Return the keys of the section at ``path``."""
    for part in path:
        if isinstance(part, int):
            continue
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        annotation = fields[part].annotation
        # A list of sections is annotated tuple[Section, ...]: go on with the section.
        model = next((a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")), annotation)
    return {field.alias or name for name, field in model.model_fields.items()}
