"""Where the console of AWS shows a log. Nothing of a name gets into the address but percent-encoded."""

import re
from urllib.parse import quote

from store.location import Location

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}")
_DOMAINS = (("cn-", "amazonaws.cn"), ("us-gov-", "amazonaws-us-gov.com"))
_ISOLATED = "-iso"  # regions that the public has no console for


def url(place: Location) -> str | None:
    """The address of the page in the console, in the region of the place; None for what AWS does not keep."""
    region = place.region
    if place.service == "file" or not _REGION.fullmatch(region) or _ISOLATED in region:
        return None
    domain = next((name for prefix, name in _DOMAINS if region.startswith(prefix)), "aws.amazon.com")
    if place.service == "s3":
        bucket, key = _once(place.container), _once(place.name)
        return f"https://{region}.console.{domain}/s3/object/{bucket}?region={region}&prefix={key}"
    group, stream = _twice(place.container), _twice(place.name)
    home = f"https://{region}.console.{domain}/cloudwatch/home?region={region}"
    return f"{home}#logsV2:log-groups/log-group/{group}/log-events/{stream}"


def _once(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _twice(name: str) -> str:
    """The page decodes the part after the `#` twice, and has `$` for the second `%`."""
    return _once(_once(name)).replace("%", "$")
