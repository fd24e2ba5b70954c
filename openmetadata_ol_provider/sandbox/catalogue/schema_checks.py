"""Compiles JSON Schema into check functions that refuse values in OpenMetadata's words.

Only the keywords that ``request_schemas.json`` uses are supported. A general validator (``jsonschema``) needs ten to
twenty times as long per body, and would make requests to the stand-in three to four times as slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.column_rules import RULES
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import Schema
from openmetadata_ol_provider.sandbox.catalogue.text_formats import FORMATS

#: Checks a value at a path. Raises ApiError for a value that cannot be deserialized at all; appends to the violations
#: for one that breaks a constraint. Nulls are not checked: to OpenMetadata a null property is an absent one.
Check = Callable[[Any, str, list[str]], None]

_REFERENCE = "#/$defs/"
#: Format of the names that become a part of a fully qualified name, where a quote cannot be escaped.
_QUOTABLE = "quotable-name"
_MOST_CHARACTERS = 2**31 - 1
_JSON_TYPES = {dict: "Object", list: "Array", str: "String", bool: "Boolean", int: "Integer"}


def compile_definitions(definitions: dict[str, Schema]) -> dict[str, Check]:
    """Return the checks of definitions, by name.

    :param definitions: definitions of one version, as plain JSON Schema
    """
    compiler = _Compiler(definitions)
    return {name: compiler.named(name) for name in definitions}


def undeserializable(java_type: str, value: Any, path: str) -> ApiError:
    """Return the refusal of a value whose type is not the expected one."""
    json_type = _JSON_TYPES.get(type(value), "Number")
    return ApiError(400, f"Cannot deserialize value of type {java_type} from {json_type} value at {path or 'the body'}")


def unrecognized_field(key: str, type_name: str, known_fields: Iterable[str] = ()) -> ApiError:
    """Return the refusal of a field that a type does not have.

    :param known_fields: fields of the type, for the message
    """
    names = [*known_fields]
    hint = f" (known: {names})" if names else ""
    return ApiError(400, f'Unrecognized field "{key}" (class {type_name}), not marked as ignorable{hint}')


class ObjectCheck:
    """Checks an object, and refuses properties that it does not know.

    :param name: name of the type in messages
    """

    __slots__ = ("name", "properties", "required", "rule")

    def __init__(self, name: str) -> None:
        self.name = name
        # Filled in later, because an object may contain objects of its own kind.
        self.properties: dict[str, Check] = {}
        self.required: tuple[str, ...] = ()
        self.rule: Callable[[Any], None] | None = None

    def __call__(self, value: Any, path: str, violations: list[str]) -> None:
        """Check a value; see :data:`Check`."""
        if not isinstance(value, dict):
            raise undeserializable(f"`{self.name}`", value, path)
        count_before = len(violations)
        prefix = f"{path}." if path else ""
        for key, item in value.items():
            check = self.properties.get(key)
            if check is None:
                raise unrecognized_field(key, self.name, self.properties)
            if item is not None:
                check(item, prefix + key, violations)
        violations += [f"{prefix}{key} must not be null" for key in self.required if value.get(key) is None]
        if self.rule is not None and len(violations) == count_before:
            self.rule(value)


class _Compiler:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._checks: dict[str, Check] = {}
        #: by the keyword that identifies a kind of schema, in order of precedence
        self._compilers: dict[str, Callable[[Schema], Check]] = {
            "$ref": lambda schema: self.named(schema["$ref"].removeprefix(_REFERENCE)),
            "enum": _enumeration,
            "anyOf": self._alternatives,
            "if": self._conditional,
            "type": self._typed,
        }

    def named(self, name: str) -> Check:
        """Return the check of a definition, compiled once."""
        if name not in self._checks:
            schema = self._definitions[name]
            if "properties" in schema:
                self._object(name, schema)
            else:
                self._checks[name] = self._compiled(schema)
        return self._checks[name]

    def _object(self, name: str, schema: Schema) -> None:
        check = self._checks[name] = ObjectCheck(schema.get("title", name))
        check.properties = {key: self._compiled(item) for key, item in schema["properties"].items()}
        check.required = tuple(schema["required"])
        check.rule = RULES[schema["x-rule"]] if "x-rule" in schema else None

    def _compiled(self, schema: Schema) -> Check:
        if not schema:
            return _anything
        return next(compiler for keyword, compiler in self._compilers.items() if keyword in schema)(schema)

    def _typed(self, schema: Schema) -> Check:
        if schema["type"] == "array":
            return _array(self._compiled(schema["items"]))
        if schema["type"] == "string":
            return _string(schema)
        return _number(schema) if schema["type"] in ("integer", "number") else _UNBOUNDED[schema["type"]]

    def _alternatives(self, schema: Schema) -> Check:
        """Return a check against the first object whose required properties are there, or else the first object.

        A general validator would try them all. No object fits two of them, and one choice gives clearer refusals.
        """
        checks = [check for check in map(self._compiled, schema["anyOf"]) if isinstance(check, ObjectCheck)]

        def check_alternatives(value: Any, path: str, violations: list[str]) -> None:
            _any_object(value, path, violations)
            complete = (check for check in checks if all(value.get(key) is not None for key in check.required))
            next(complete, checks[0])(value, path, violations)

        return check_alternatives

    def _conditional(self, schema: Schema) -> Check:
        """Return a check of an object that depends on the value of one of its properties."""
        ((key, condition),) = schema["if"]["properties"].items()
        then = self._compiled(schema["then"])

        def check_conditional(value: Any, path: str, violations: list[str]) -> None:
            _any_object(value, path, violations)
            if value.get(key) == condition["const"]:
                then(value, path, violations)

        return check_conditional


def _string(schema: Schema) -> Check:
    known_format = FORMATS.get(schema.get("format", ""))
    java_type, has_format = known_format or ("`java.lang.String`", None)
    low, high = schema.get("minLength", 0), schema.get("maxLength", _MOST_CHARACTERS)
    pattern = re.compile(schema["pattern"]) if "pattern" in schema else None
    is_quoted = schema.get("format") == _QUOTABLE

    def check_string(value: Any, path: str, violations: list[str]) -> None:
        if not isinstance(value, str) or (has_format is not None and not has_format(value)):
            raise undeserializable(java_type, value, path)
        if not low <= len(value) <= high:
            violations.append(f"{path} size must be between {low} and {high}")
        # All patterns are anchored; a full match, because ``$`` alone would let a newline through at the end.
        if pattern is not None and not pattern.fullmatch(value):
            violations.append(f'{path} must match "{pattern.pattern}"')
        elif is_quoted and '"' in value:
            raise ApiError(400, f"Invalid name {value}")

    return check_string


def _number(schema: Schema) -> Check:
    is_whole = schema["type"] == "integer"
    low, high = schema.get("minimum"), schema.get("maximum")

    def check_number(value: Any, path: str, violations: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
            raise undeserializable("`java.lang.Long`" if is_whole else "`java.lang.Double`", value, path)
        if low is not None and value < low:
            violations.append(f"{path} must be greater than or equal to {low}")
        if high is not None and value > high:
            violations.append(f"{path} must be less than or equal to {high}")

    return check_number


def _array(check_item: Check) -> Check:
    def check_array(value: Any, path: str, violations: list[str]) -> None:
        if not isinstance(value, list):
            raise undeserializable("`java.util.ArrayList`", value, path)
        for index, item in enumerate(value):
            if item is None:
                violations.append(f"{path}[{index}] must not be null")
            else:
                check_item(item, f"{path}[{index}]", violations)

    return check_array


def _enumeration(schema: Schema) -> Check:
    values: list[str] = schema["enum"]
    accepted = frozenset(values)

    def check_enumeration(value: Any, path: str, _violations: list[str]) -> None:
        if not isinstance(value, str) or value not in accepted:
            raise ApiError(
                400,
                f"Cannot deserialize value of type `{path}` from {value!r}: "
                f"not one of the values accepted for Enum class: [{', '.join(values)}]",
            )

    return check_enumeration


def _boolean(value: Any, path: str, _violations: list[str]) -> None:
    if not isinstance(value, bool):
        raise undeserializable("`java.lang.Boolean`", value, path)


def _any_object(value: Any, path: str, _violations: list[str]) -> None:
    if not isinstance(value, dict):
        raise undeserializable("`java.util.LinkedHashMap`", value, path)


def _anything(_value: Any, _path: str, _violations: list[str]) -> None:
    pass


_UNBOUNDED = {"object": _any_object, "boolean": _boolean}
