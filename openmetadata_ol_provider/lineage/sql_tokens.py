"""Splits SQL of any dialect into names and signs; a string is a sign, comments are left out.

Where a string ends depends on the dialect: a backslash before a quote belongs to it in BigQuery, MySQL, Snowflake and
Spark, and is a character like others in standard SQL. Nobody says for certain which dialect a text has, so it is read
both ways, and what follows from it counts only if it follows from both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openlineage.limits import CUT_OFF

#: Stands for a string.
STRING: Final = "'"

# A hyphen belongs to a project of BigQuery, before a dot. SQL Server's names have 128 characters at most, and brackets
# that are never closed must not be looked for to the end of the text.
_REST_OF_PART: Final = (
    r"`[^`]*`|\[[A-Za-z_@#][^\]'\",]{0,127}\]|[^\W\d][\w$]*(?:-\w+){1,8}(?=\s*\.)|[@#]{0,2}\w[\w$#@]*"
)
# Behind a dot, brackets are no index of an array, whatever is in them.
_BEHIND_DOT: Final = r"\[\d[^\]'\",]{0,126}\]"
# Two dots leave out the schema between them.
_DOT: Final = r"\s*\.\s*(?:\.\s*)?"
# A sign of numbers begins a comment in MySQL and BigQuery, but a name in SQL Server, and operators in PostgreSQL.
_COMMENT: Final = r"--[^\n]*|//[^\n]*|\#(?=[\s\#!=*]|--|\Z)[^\n]*|/\*.*?(?:\*/|\Z)"


def _pattern(strings: str, quoted_part: str) -> re.Pattern[str]:
    part = rf"{quoted_part}|{_REST_OF_PART}"
    return re.compile(
        rf"(?P<comment>{_COMMENT})|(?P<string>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)|{strings})"
        rf"|(?P<name>(?:{part})(?:{_DOT}(?:{part}|{_BEHIND_DOT}))*)|(?P<sign>\S)",
        re.DOTALL,
    )


_STANDARD: Final = _pattern(r"'(?:[^']|'')*(?:'|(?P<open>\Z))", r"\"(?:[^\"]|\"\")*\"")
_ESCAPED: Final = _pattern(
    r"'''(?!')(?:[^\\]|\\.)*?'''|\"\"\"(?!\")(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\]|''|\\.)*(?:'|(?P<open>\\?\Z))",
    r"\"(?:[^\"\\]|\"\"|\\.)*\"",
)
# What the two read differently.
_DIFFERENT: Final = re.compile(r"\\['\"\\]|'''|\"\"\"")

Name = tuple[str, ...]
#: A name as its parts without quotes, or a sign; and the text of either.
Token = tuple[Name | None, str]
#: A comma, among the names of a statement, and any other sign.
COMMA: Final[Name] = (",",)
SIGN: Final[Name] = ()


def readings(sql: str) -> Sequence[Sequence[Token]]:
    """Return the names and signs of SQL in their order, for each way to read it; words are names of one part.

    :return: no way if its end was cut off, or nobody knows where a string or a comment ends
    """
    if sql.endswith(CUT_OFF):
        return ()
    patterns = (_STANDARD, _ESCAPED) if _DIFFERENT.search(sql) else (_STANDARD,)
    read = [_tokens(sql, pattern) for pattern in patterns]
    return [tokens for tokens in read if tokens is not None]


def _tokens(sql: str, pattern: re.Pattern[str]) -> list[Token] | None:
    """Return the names and signs of SQL, ``None`` if it cannot be meant to be read that way."""
    tokens: list[Token] = []
    for match in pattern.finditer(sql):
        if match.lastgroup == "name":
            tokens.append((parts_of(match["name"]), match["name"]))
        elif match.lastgroup == "sign":
            tokens.append((None, match["sign"]))
        elif match["open"] is not None or _is_nested(match["comment"]):
            return None
        elif match.lastgroup == "string":
            # 'it\'s' is no string of standard SQL, in which a word does not follow a string directly.
            if pattern is _STANDARD and match[0].endswith("\\'") and sql[match.end() : match.end() + 1].isalnum():
                return None
            tokens.append((None, STRING))
    return tokens


def _is_nested(comment: str | None) -> bool:
    """Return whether a comment has another one in it, after whose end it goes on in some dialects."""
    return comment is not None and comment.startswith("/*") and comment.endswith("*/") and "/*" in comment[2:]


def parts_of(name: str) -> Name:
    """Return the parts of a dotted name without quotes, also where quotes enclose the dots, as in BigQuery."""
    parts = (part for quoted in split_identifier(name) for part in quoted.split("."))
    return tuple(part.strip() for part in parts if part.strip())


def folded(name: Name) -> Name:
    """Return the parts of a name in lower case."""
    return tuple(part.casefold() for part in name)
