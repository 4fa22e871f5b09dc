"""Redaction of secrets: keys, tokens and passwords in texts that leave the dashboard.

It errs on the side of redacting too much. Digests, ids of AWS resources and addresses stay.
"""

import functools
import re
from collections.abc import Mapping, Sequence

REDACTED = "[redacted]"

_QUOTES = r"""[\\"']{0,4}"""
_SPACE = r"\s{0,5}"
_QUOTED = r"""(?:\\{1,3}"[^"\n]*|"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?)"""
_BARE = r"""[^\s"'&<>]+"""
_VALUE = rf"(?:{_QUOTED}|{_BARE})"
_MORE = r"[\w-]{0,40}"  # of a name
_BASE64 = r"[A-Za-z0-9/+]"

# The words in the name of a secret. `-`, `_`, a space or nothing may stand between them.
_NAMES = (
    r"secret|passw(?:or)?d|passphrase|credential|(?:api|private|access|secret|account|encryption|session)[-_ ]?key"
    r"|(?:security|session|access|auth|id|refresh|bearer)[-_ ]?token"
)
_SCHEMES = r"(?:AWS4-HMAC-SHA256|Basic|Bearer|Digest|Negotiate|Token)"
_SIGNS = r"x-(?:amz|goog)-(?:signature|security-token|credential)|signature|sig|awsaccesskeyid"

# A match is replaced, except for the groups called `kept`.
_PATTERNS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)",
        # Headers, to the end of the line or of the quotes around them.
        rf"(?i)(?P<kept>(?:authorization|cookie){_QUOTES}{_SPACE}[:=]{_SPACE}{_QUOTES}(?:{_SCHEMES}\s)?)[^\"'\n]+",
        # The secret of an AWS key beside its id, perhaps with a name between them; ids alone; secrets alone, since no
        # path, hash or name has as many characters of such a mixture.
        r"(?:AKIA|ASIA)[A-Z0-9]{16}(?:\W{1,10}[\w-]{1,40}){0,2}?\W{1,10}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        rf"(?<!{_BASE64})(?=[a-z0-9/+]*[A-Z])(?=[A-Z0-9/+]*[a-z])(?=[A-Za-z/+]*[0-9]){_BASE64}{{40}}(?![A-Za-z0-9/+=])",
        r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz|AQoDYXdz)[A-Za-z0-9+/=%_-]{16,}",
        # URLs: their signatures, and passwords in them. Some contain a slash, but the digits of a port are none.
        rf"(?i)(?P<kept>[?&;](?:{_SIGNS})=){_BARE}",
        r"(?P<kept>://[^\s/:@\"']{0,200}:)[^\s/\"']+(?=@)",
        r"(?P<kept>://[^\s/:@\"']{0,200}:)(?!\d{1,5}/)[^\s\"']{1,200}(?=@)",
        r"(?P<kept>hooks\.slack\.com/)services/[\w/-]+",
        # Tokens with a known prefix.
        r"gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt)-[\w-]{16,}|xox[a-z]-[A-Za-z0-9.-]{8,}",
        r"xapp-[\w-]{8,}|AIza[\w-]{35}|ya29\.[\w-]{16,}|dckr_pat_[\w-]{16,}|(?:npm|hf)_\w{30,}|pypi-[\w-]{30,}",
        r"eyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*)?",
        r"(?i)(?P<kept>\bbearer\s{1,5})[\w.~+/=-]{8,}",
        # Names with values: `NAME_SECRET_2=value`, `"name_token": "value"`, `password: value`, `--password value`.
        rf"(?i)(?P<kept>(?:{_NAMES}|token|signature){_MORE}{_QUOTES}{_SPACE}=>?{_SPACE}){_VALUE}",
        rf"(?i)(?P<kept>pwd{_SPACE}={_SPACE})(?!/){_VALUE}",
        rf"(?i)(?P<kept>(?:{_NAMES}){_MORE}{_QUOTES}{_SPACE}:{_SPACE}){_QUOTED}",
        rf"(?i)(?P<kept>(?:token{_MORE}|\bauth){_QUOTES}{_SPACE}:{_SPACE})(?=[\\\"']{{1,4}}[^\s\"']{{6}}){_QUOTED}",
        rf"(?i)(?P<kept>(?:{_NAMES})\d?{_QUOTES}{_SPACE}:{_SPACE}){_BARE}",
        rf"(?i)(?P<kept>token\d?{_QUOTES}{_SPACE}:{_SPACE})(?=[^\s\"'&<>]{{0,200}}\d)[^\s\"'&<>]{{12,}}",
        rf"(?i)(?P<kept>(?<![\w-])--?[\w-]{{0,40}}?(?:{_NAMES}|token)\s{{1,5}})(?!-){_VALUE}",
    )
)
_SECRET_NAME = re.compile(rf"(?:{_NAMES}|token\d?$|^auth$|cookie$)", re.IGNORECASE | re.ASCII)
_MOST_CACHED = 10_000  # characters of a text that is kept with its redaction
_DIGEST = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


def redact(text: str) -> str:
    """Return `text` with `[redacted]` in place of secrets. Redacting it again changes nothing."""
    if _DIGEST.fullmatch(text):
        return text
    return _replace_cached(text) if len(text) <= _MOST_CACHED else _replace_secrets(text)


def redact_values(value: object, name: str = "") -> object:
    """Return a JSON value with every text redacted; values under the name of a secret, or after its flag, entirely."""
    if isinstance(value, str):
        return REDACTED if value and _SECRET_NAME.search(name) else redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): redact_values(each, str(key)) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [redact_values(each, _flag(before)) for before, each in zip(("", *value), value, strict=False)]
    return value


def redact_args(args: Sequence[str]) -> list[str]:
    """Return the arguments of a command, redacted."""
    return [str(arg) for arg in redact_values(args)]  # type: ignore[attr-defined]


def _flag(text: object) -> str:
    """Return the name that the flag `text` gives to the next argument; empty if it is no flag that takes one."""
    return text if isinstance(text, str) and text.startswith("-") and "=" not in text else ""


def _replace_secrets(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(_replacement, text)
    return text


_replace_cached = functools.lru_cache(maxsize=4096)(_replace_secrets)


def _replacement(match: re.Match[str]) -> str:
    return (match.groupdict().get("kept") or "") + REDACTED
