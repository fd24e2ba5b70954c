"""Makes text from outside safe: removes credentials, neutralizes Markdown, escapes control characters.

Every function takes time proportional to the length of the text.
"""

from __future__ import annotations

import re

# -- credentials -------------------------------------------------------------------------------------------------------

# Producers put connection strings into names, error messages and descriptions. Credentials are found by their form: a
# name loses them without a trace, so that it is the same name with and without them; other text shows a mask instead.

#: Replaces a credential.
MASK = "***"

_SPELLINGS = (
    "password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "signature", "apikey", "api_key",
    "api-key", "accesskey", "access_key", "access-key", "accountkey", "account_key", "privatekey", "private_key",
    "sig=", "identified",
)  # fmt: skip
# The word, and what may precede and follow it in a key. All repeats are bounded, so that a text with many possible
# beginnings costs no more than its length.
_WORD = (
    r"(?:passw(?:or)?d|passphrase|\bpwd|secret|token|credential|signature"
    r"|(?:api|access|account|private)[_\-]?key|\bsig(?==)|\bidentified\s{1,8}by)"
)
_BEFORE, _BEHIND = r"[\w.\-]{0,64}?", r"[\w.\-]{0,64}"
_QUOTED = r"""(?:"(?:[^"\\]|\\.){1,4096}"?|'(?:[^'\\]|''|\\.){1,4096}'?)"""
_BARE = r"(?:\{[^}\s]{0,1024}\}|[^\s,;&\"']{1,4096})"

# User and password before a host; a port after the colon shows that it is a host.
_USER = re.compile(
    r"(://)([^\s/@:\"'<>\[]{0,256}:)(?!\d{0,5}(?:[/?#,;\s]|$))[^\s@\"'<>]{0,512}@(?:[^\s@/\"'<>?#]{0,256}@){0,4}"
)
# In web addresses a user name alone may be a token.
_WEB_USER = re.compile(r"(https?://)[^\s/@\"'<>?#]{1,512}@", re.IGNORECASE)
_ORACLE_USER = re.compile(r"(:thin:)[^\s/@:]{1,128}/[^\s@]{0,256}@", re.IGNORECASE)
# `password=x`, `"password": "x"`, `PASSWORD 'x'`, `IDENTIFIED BY 'x'`
_WITH_QUOTES = re.compile(rf"({_WORD}{_BEHIND}[\"']?\s{{0,8}}(?:=>?|:=?)?\s{{0,8}}){_QUOTED}", re.IGNORECASE)
_WITH_EQUALS = re.compile(rf"({_WORD}{_BEHIND}[\"']?\s{{0,8}}=>?\s{{0,8}}){_BARE}", re.IGNORECASE)
_WITH_COLON = re.compile(rf"({_WORD}{_BEHIND}[\"']?\s{{0,8}}:\s{{0,8}}){_BARE}", re.IGNORECASE)
# Credentials by themselves, in any text: JSON web tokens, bearer tokens, private keys.
_ALONE = re.compile(
    r"(?<![A-Za-z0-9\-])eyJ[\w\-]{8,1024}\.[\w\-]{8,8192}(?:\.[\w\-]{0,4096})?"
    r"|(?<=[Bb]earer )[\w.~+/=\-]{8,8192}"
    r"|-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?"
)
_ALONE_SPELLINGS = ("eyJ", "earer ", "PRIVATE KEY-----")

# In URLs and similar addresses (JDBC): `?password=x`, `;password=x`.
_PARAMETER = re.compile(
    rf"([?&;])({_BEFORE}{_WORD}{_BEHIND}=)(?:\{{[^}}\s]{{0,1024}}\}}|[^&;\s\"']{{0,4096}})", re.IGNORECASE
)
# In job names that are command lines: `--password x`, `password=x`.
_ARGUMENT = re.compile(
    rf"((?:^|\s)(?:-{{1,2}}{_BEFORE}{_WORD}{_BEHIND}[=\s]|{_BEFORE}{_WORD}{_BEHIND}=))\S{{1,4096}}", re.IGNORECASE
)


def without_credentials(name: str) -> str:
    """Return a name or URL without user and password, and without parameters that hold secrets."""
    if "@" in name:
        if "://" in name:
            name = _WEB_USER.sub(r"\1", _USER.sub(r"\1", name))
        name = _ORACLE_USER.sub(r"\1@", name)
    if _has_word(name):
        without = _PARAMETER.sub(lambda match: "?" if match[1] == "?" else "", name)
        if without != name:
            name = re.sub(r"\?[&;]", "?", without).rstrip("?")
        name = _ARGUMENT.sub(rf"\1{MASK}", name)
    return _ALONE.sub(MASK, name) if any(spelling in name for spelling in _ALONE_SPELLINGS) else name


def mask_credentials(text: str, *, code: bool = False, message: bool = False) -> str:
    """Return a text with everything that looks like a credential masked.

    :param code: whether the text is SQL, where ``token = a.token`` is a comparison, so that only literals are masked
    :param message: whether the text is an error message, where ``password: x`` is a credential, not a heading
    """
    if "@" in text:
        if "://" in text:
            # The user name stays, because it helps to find the mistake.
            text = _WEB_USER.sub(rf"\1{MASK}@", _USER.sub(rf"\1\2{MASK}@", text))
        text = _ORACLE_USER.sub(rf"\1{MASK}@", text)
    if any(spelling in text for spelling in _ALONE_SPELLINGS):
        text = _ALONE.sub(MASK, text)
    if _has_word(text):
        text = _PARAMETER.sub(rf"\1\2{MASK}", _WITH_QUOTES.sub(_masked, text))
        text = text if code else _WITH_EQUALS.sub(rf"\1{MASK}", text)
        text = _WITH_COLON.sub(rf"\1{MASK}", text) if message else text
    return text


def _has_word(text: str) -> bool:
    low = text.lower()
    return any(spelling in low for spelling in _SPELLINGS)


def _masked(match: re.Match[str]) -> str:
    quote = match[0][len(match[1])]
    return f"{match[1]}{quote}{MASK}{quote}"


# -- Markdown ----------------------------------------------------------------------------------------------------------

#: Tags that only format text, as long as they have no attributes.
_FORMATTING = frozenset({
    "b", "i", "u", "s", "em", "strong", "code", "pre", "kbd", "sub", "sup", "small", "del", "ins", "mark", "br", "hr",
    "p", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "thead",
    "tbody", "tr", "th", "td",
})  # fmt: skip
_TAG = re.compile(r"<(?=[A-Za-z/!?])(?:/?([A-Za-z][A-Za-z0-9]{0,9})\s?/?>|((?i:https?://|mailto:)[^\s<>]{1,2048}>))?")
# `[words](target)`, `[words](<target>)` and `[words]: target`
_LINK = re.compile(r"(\]\(\s*|^ {0,3}\[[^\]\n]{1,200}\]:\s*)(<[^<>\n]{0,4096}>?|[^\s()]{1,4096})", re.MULTILINE)
#: A target with a web scheme, or without a scheme; without one, anything that a browser may read as a colon is unsafe.
_SAFE = re.compile(r"(?i:https?://|mailto:)|[^:&%\\]*$")


def neutralize_markdown(text: str) -> str:
    """Return Markdown that cannot run anything in a reader's browser, and otherwise looks the same."""
    if "<" in text:
        text = _TAG.sub(lambda tag: tag[0] if _is_harmless(tag) else f"&lt;{tag[0][1:]}", text)
    if "](" in text or "]:" in text:
        text = _LINK.sub(lambda link: link[0] if _SAFE.match(link[2].strip("<>")) else f"{link[1]}#", text)
    return text


def _is_harmless(tag: re.Match[str]) -> bool:
    name, address = tag.groups()
    return address is not None or (name is not None and name.lower() in _FORMATTING)


# -- control characters and length -------------------------------------------------------------------------------------

#: Longest text that is shown, in characters, by default.
MAX_SHOWN = 2_000
# Characters that move the cursor, begin a new line or reverse the text: control characters of ASCII and Latin-1, line
# and paragraph separators, direction marks; also halves of characters (surrogates), which cannot be written.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text of visible characters only; others are escaped as in Python."""
    return _ACTIVE.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def safe_text(text: str, max_length: int = MAX_SHOWN) -> str:
    """Return a text that can be shown: printable, without credentials, without its middle if it is too long.

    :param max_length: most characters
    """
    if len(text) > 16 * max_length:
        # Cut far from what is left in the end, so that no credential is cut in two and missed.
        text = f"{text[: 8 * max_length]} ... {text[-8 * max_length :]}"
    text = printable(mask_credentials(text))
    if len(text) <= max_length:
        return text
    tail = max_length // 3
    return f"{text[: max_length - tail - 5]} ... {text[-tail:]}"
