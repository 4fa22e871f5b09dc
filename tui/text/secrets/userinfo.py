"""Passwords before a host without a scheme: `proxy amy:pw@proxy:3128 refused`.

E-mail addresses after a label, packages with versions, images with digests and places in files have the same form. A
port tells most of them from credentials; without one the label, the host, the password and the words beside it do.
"""

import re
from collections.abc import Iterator

from tui.text.secrets.plain_text import Span
from tui.text.secrets.secret_values import has_digit, is_harmless


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_USER = r"[\w.%+-]{1,60}"
_DOMAIN = r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"


def _credentials(secret: str) -> re.Pattern[str]:
    return re.compile(
        rf"""
        (?<![\w./:@-])
        (?P<user> (?: {_USER} (?P<domain> @{_DOMAIN} )? )? )
        :
        (?P<secret> (?!\\) {secret} )
        @
        (?! (?:sha|md|blake) \d )
        (?P<host> (?:tcp|udp|unix)\( | \[[0-9a-fA-F:.]{{2,45}}\] | {_DOMAIN} | [\w-]{{1,63}} )
        (?P<port> :\d{{2,5}} (?!\w) )?
        """,
        re.VERBOSE,
    )


_CREDENTIALS = _credentials(r"""[^\s/"'`<>\ue000]{1,100}""")
_WITH_SLASH = _credentials(r"""[^\s/"'`<>\ue000]{0,100} / [^\s"'`<>\ue000]{0,100}""")
_PART = re.compile(r"[A-Za-z]+")
# Schemes and labels of addresses that have a user, but no password.
_ADDRESSES = _set("mailto sip sips ssh scp mosh xmpp acct http https")
# Before a name, an e-mail address, a package or a version.
_LABELS = _set(
    "from to cc bcc sender recipient contact mail email by user users owner owners author requester reviewer assignee "
    "maintainer submitter creator committer approver member group principal serviceaccount role name names label "
    "labels key tag id ident run task alloc pool host node worker rank job sample lane read cluster table image type "
    "state file path ref branch commit version project npm yarn bun jsr deno pip pypi conda mamba cargo gem brew spack "
    "localhost go mod module docker podman git gh github gitlab action actions workflow plugin package pkg"
)
_VERSION = re.compile(r"v?\d+(?:\.\d+){0,2}(?:[.-]?[a-z]+\d*)?|v\d[\w.-]*|\d[\d.]*x(?:\.[a-z]+)?", re.IGNORECASE)
_NO_HOST = re.compile(r"(?!(?:\d{1,3}\.){3}\d{1,3}$).*\.\d+")  # an end with digits, but no IPv4 address
_PLACE = re.compile(r"[\d:.]+")
_PORT_AND_PATH = re.compile(r"\d{2,5}/")
_FILE = re.compile(r"\.[a-z]{1,4}(?:$|[:/])")
_PIN = 4  # digits
_NAME = re.compile(r"[\w.+-]+")
_STRONG = 6  # characters
# Words beside credentials.
_BEFORE = re.compile(
    r"prox(?:y|ies)|\bvia\b|connect|\bdial|log(?:ged|ging)? ?in|auth|database|broker|\bdsn\b|\busing\b", re.IGNORECASE
)
_AFTER = re.compile(
    r"refused|denied|unauthori[sz]ed|unreachable|auth|log ?in|handshake|timed out|not found", re.IGNORECASE
)
_NEAR = 40  # characters


def find_userinfo(text: str) -> Iterator[Span]:
    """Yield the passwords before a host in a prepared text."""
    if "@" not in text:
        return
    for match in _CREDENTIALS.finditer(text):
        user, start = match["domain"] or match["user"], match.start("secret")
        while _label(user) in _ADDRESSES | _LABELS and ":" in text[start : match.end("secret") - 1]:
            user, _, _ = text[start : match.end("secret")].partition(":")
            start += len(user) + 1
        secret = text[start : match.end("secret")]
        if not is_harmless(secret) and _is_password(match, user, secret):
            yield start, match.end("secret")
    for match in _WITH_SLASH.finditer(text):
        if not is_harmless(match["secret"]) and _is_password_with_slash(match):
            yield match.span("secret")


def _is_password(match: re.Match[str], user: str, secret: str) -> bool:
    host, has_port, label = match["host"], match["port"] is not None, _label(user)
    if host.endswith("("):
        return True
    if label in _ADDRESSES or (match["domain"] and not has_port):
        return False
    if _PLACE.fullmatch(secret):  # a line, a position, a port or a time, or else a PIN
        is_pin = secret.isdigit() and len(secret) >= _PIN
        return is_pin and label != "" and label not in _LABELS and "." not in user and (has_port or _is_beside(match))
    if has_port:
        return True
    if not user or _VERSION.fullmatch(host) or _NO_HOST.fullmatch(host):
        return False
    if label in _LABELS:
        return _is_mixed(secret)
    if "." in host or host[0] == "[":
        return True
    return not _VERSION.fullmatch(secret) and (_is_mixed(secret) or _is_beside(match))


def _is_password_with_slash(match: re.Match[str]) -> bool:
    """Return whether a secret with a slash is none of the many paths of this form: images, modules, files on hosts."""
    user, secret, host = match["user"], match["secret"], match["host"]
    if host.endswith("("):
        return True
    is_ours = _label(user) not in _ADDRESSES | _LABELS and not _VERSION.fullmatch(host) and not _NO_HOST.fullmatch(host)
    if not is_ours or (match["domain"] and not match["port"]) or _PORT_AND_PATH.match(secret):
        return False
    if secret[0] in "/~." or "." in user or _FILE.search(secret) is not None:
        return match["port"] is not None and _is_beside(match) and _is_mixed(secret.replace("/", ""))
    if match["port"] is not None:
        return True
    has_domain = "." in host or host[0] == "["
    is_mixed = _is_mixed(secret.replace("/", ""))
    return user != "" and (has_domain, is_mixed, _is_beside(match)).count(True) >= 2


def _label(user: str) -> str:
    """Return the last word of a user in lower case, such as `by` of `signed-off-by`."""
    words = _PART.findall(user)
    return words[-1].lower() if words else ""


def _is_mixed(secret: str) -> bool:
    """Return whether a text has characters that names and versions have not, or not together."""
    if len(secret) < _STRONG or not has_digit(secret):
        return False
    return not _NAME.fullmatch(secret) or (any(map(str.isupper, secret)) and any(map(str.islower, secret)))


def _is_beside(match: re.Match[str]) -> bool:
    """Return whether a word beside a match is about a connection."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    after = match.string[match.end() : match.end() + _NEAR]
    return _BEFORE.search(before) is not None or _AFTER.search(after) is not None
