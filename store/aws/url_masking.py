"""Masking of user names and passwords in URLs."""

import re

MASK = "***"

# Up to the last @ before the next blank, quote or angle bracket: a password may have unescaped slashes and @. Bounded,
# so that a long text without any @ takes linear time. Mistyped URLs have one slash, none, three, or backslashes.
_USERINFO = re.compile(
    r"""(?P<scheme>\b(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:[/\\]{1,3}|[Hh][Tt]{2}[Pp][Ss]?:))(?P<userinfo>[^\s"'<>]{1,2000})@"""
)
_AT = re.compile("@|%40")


def mask_userinfo(text: str) -> str:
    """Return `text` with `***` in place of the user and the password of each URL, as in `http://***@proxy:3128`."""
    return _USERINFO.sub(rf"\g<scheme>{MASK}@", text)


def mask_url(url: str) -> str:
    """Return the URL `url`, which may be malformed or lack its scheme, with `***` in place of user and password."""
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    host = _AT.split(rest)[-1]
    return f"{scheme}{separator}{MASK}@{host}" if host != rest else url


def mask_exception(error: BaseException) -> None:
    """Mask the texts among the arguments of an exception, such as the URL of a proxy with its password."""
    if any(isinstance(each, str) and "@" in each for each in error.args):
        error.args = tuple(mask_userinfo(each) if isinstance(each, str) else each for each in error.args)
