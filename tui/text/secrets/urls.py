"""Secrets in addresses: of users, of webhooks, and of databases, which have forms of their own."""

import re
from collections.abc import Iterator

from tui.text.secrets.plain_text import Span
from tui.text.secrets.secret_values import has_digit, is_harmless

# Some passwords have a slash or an @; but the digits of a port, a path after them, and a digest of an image are none.
_PASSWORD = re.compile(
    r"(?:://|%3A%2F%2F)[^\s/:@\"'?#\ue000]{0,200}(?::|%3A)(?P<secret>[^\s/\"'\ue000]{1,400})(?=@(?!sha\d)|%40)",
    re.IGNORECASE,
)
_ODD_PASSWORD = re.compile(r"://[^\s/:@\"'\ue000]{0,200}:(?!\d{1,5}/)(?P<secret>[^\s\"'\ue000]{1,200})(?=@(?!sha\d))")
# As people mistype an address: one slash, none or three, backslashes, no scheme, a semicolon, a blank before the @.
_KNOWN_SCHEME = (
    r"\b(?:https?|ftps?|wss?|socks[45]h?|rediss?|amqps?|mysql|postgres(?:ql)?|mongodb)"
    r"(?:(?:[:;]|%3A)(?:[/\\]|%2F){0,3}|[/\\]{2,3})"
)
_ANY_SCHEME = r"\b[A-Za-z][\w+.-]{0,20}[:;][/\\]{1,3}"
_ONLY_SLASHES = r"(?<![\w:/\\])[/\\]{2,3}"
_ONLY_COLON = r"(?<![\w:/@.-]):"
_NO_PORT = r"(?!\d{1,5}\b)"
_MISTYPED = re.compile(
    rf"""
    (?:{_KNOWN_SCHEME} | {_ANY_SCHEME} | {_ONLY_SLASHES} | {_ONLY_COLON})
    [^\s/:@"'?#%\ue000]{{1,200}}                            # the user
    (?: : | %3A )
    (?P<secret> {_NO_PORT} [^\s/"'\ue000]{{1,200}} )
    [ ]?
    (?= @(?!sha\d) | %40 )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_USER = re.compile(r"://(?P<secret>[^\s/:@\"'?#\ue000]{12,400})(?=@)")
_ORACLE = re.compile(
    r"(?<![\w./:@-])(?:[\w:]{1,60}:)?[A-Za-z]\w{0,30}/(?P<secret>[^\s/@\"'\ue000]{4,60})(?=@(?!sha\d)[A-Za-z/][\w.:/-]*)"
)
_WEBHOOK = re.compile(
    r"(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
    r"|discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{1,30}/"
    r"|webhook\.office\.com/webhookb2/|outlook\.office(?:365)?\.com/webhook/|hooks\.zapier\.com/hooks/catch/"
    r"|api\.telegram\.org/(?:file/)?bot|maker\.ifttt\.com/trigger/\w{1,60}/(?:json/)?with/key/|hc-ping\.com/"
    r"|events\.pagerduty\.com/integration/|api\.opsgenie\.com/v1/json/\w{1,20}\?apiKey=|webhook\.site/"
    r"|hook\.(?:eu\d|us\d|integromat)?\.?make\.com/|oapi\.dingtalk\.com/robot/send\?access_token="
    r"|open\.(?:feishu|larksuite)\.cn/open-apis/bot/v2/hook/|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key="
    r"|ntfy\.sh/|/hooks/(?=[a-z0-9]{26}\b))(?P<secret>[\w/@:.-]*\w)"
)
_VERSION = re.compile(r"v?\d+(?:\.\d+)*[\w.-]*|\d+x")


def find_in_urls(text: str) -> Iterator[Span]:
    """Yield the secrets in addresses in a prepared text."""
    if "@" in text or "%40" in text:
        yield from _users(text)
    for match in _WEBHOOK.finditer(text):
        secret = match["secret"]
        yield (
            match.start("secret"),
            match.end("secret") - len("/sendMessage" if secret.endswith("/sendMessage") else ""),
        )


def _users(text: str) -> Iterator[Span]:
    for pattern in (_PASSWORD, _ODD_PASSWORD, _MISTYPED):
        for match in pattern.finditer(text):
            if not is_harmless(match["secret"]):
                yield match.span("secret")
    for match in _USER.finditer(text):
        if has_digit(match["secret"]) or len(match["secret"]) >= 32:
            yield match.span("secret")
    for match in _ORACLE.finditer(text):
        if has_digit(match["secret"]) and not _VERSION.fullmatch(match["secret"]):
            yield match.span("secret")
