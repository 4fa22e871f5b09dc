"""Where the console of AWS shows a log. Nothing of a name gets into the address but percent-encoded."""

from urllib.parse import quote

from store.place import Place

_DOMAINS = (("cn-", "amazonaws.cn"), ("us-gov-", "amazonaws-us-gov.com"))


def url(place: Place) -> str | None:
    """The address of the page in the console, in the region of the place; None for what AWS does not keep."""
    if not place.region or place.service == "file":
        return None
    region = quote(place.region, safe="")
    domain = next((name for prefix, name in _DOMAINS if region.startswith(prefix)), "aws.amazon.com")
    if place.service == "s3":
        bucket, key = quote(place.container, safe=""), quote(place.name, safe="")
        return f"https://{region}.console.{domain}/s3/object/{bucket}?region={region}&prefix={key}"
    group, stream = _twice(place.container), _twice(place.name)
    home = f"https://{region}.console.{domain}/cloudwatch/home?region={region}"
    return f"{home}#logsV2:log-groups/log-group/{group}/log-events/{stream}"


def _twice(name: str) -> str:
    """The page decodes the part after the `#` twice, and has `$` for the second `%`."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")
