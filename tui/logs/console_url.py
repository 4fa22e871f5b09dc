"""The addresses of logs in the AWS console. Names enter an address only percent-encoded."""

import re
from urllib.parse import quote

from store.location import Location

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}")
_DOMAINS = (("cn-", "amazonaws.cn"), ("us-gov-", "amazonaws-us-gov.com"))
_ISOLATED = "-iso"  # regions without a public console


def url(place: Location) -> str | None:
    """Return the address of the console page of a location; None if AWS does not keep it."""
    region = place.region
    if not _REGION.fullmatch(region) or _ISOLATED in region:
        return None
    domain = next((name for prefix, name in _DOMAINS if region.startswith(prefix)), "aws.amazon.com")
    match place.service:
        case "s3":
            bucket, key = _once(place.container), _once(place.name)
            return f"https://{region}.console.{domain}/s3/object/{bucket}?region={region}&prefix={key}"
        case "logs":
            group, stream = _twice(place.container), _twice(place.name)
            home = f"https://{region}.console.{domain}/cloudwatch/home?region={region}"
            return f"{home}#logsV2:log-groups/log-group/{group}/log-events/{stream}"
        case "file":
            return None


def _once(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _twice(name: str) -> str:
    """The page decodes the part after `#` twice, and writes `$` for the second `%`."""
    return _once(_once(name)).replace("%", "$")
