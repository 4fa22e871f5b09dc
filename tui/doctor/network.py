"""Checks of the connection to the service: region, endpoint, proxy, latency and clock."""

import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from store import Digest, Error, ErrorKind, FailureReason
from store.aws import session as aws
from store.aws.error_mapping import error_code
from store.dynamo import plan
from tui.doctor.aws_service import AwsService
from tui.doctor.check_result import CheckResult, failed, holds_everywhere, ok, problem, skipped, warning
from tui.settings import Settings
from tui.text import durations

# No row has this id.
MISSING_ID = Digest.compute(b"reflowtop doctor")
_ANY_TABLE = "reflowtop-doctor"  # used without a table setting: any reply proves the connection
_SAMPLES = 3
_SLOW = 0.5  # seconds
# AWS rejects signatures from 5 minutes of difference on.
_CLOCK_WARNING, _CLOCK_PROBLEM = timedelta(seconds=5), timedelta(minutes=5)
_CREDENTIALS = {FailureReason.NO_CREDENTIALS, FailureReason.EXPIRED_CREDENTIALS}


@dataclass(frozen=True)
class Contact:
    """The first contact with DynamoDB: why GetItem failed, if it did, and the round-trip times in seconds."""

    error: Error | None
    round_trips: tuple[float, ...]

    @property
    def obstacle(self) -> Error | None:
        """The error with which every other request would fail, too; None if there is none."""
        return self.error if self.error is not None and holds_everywhere(self.error) else None

    @property
    def need(self) -> str:
        """The reason to skip other checks: what every request needs first; empty if there is no obstacle."""
        if self.obstacle is None:
            return ""
        match self.obstacle.reason:
            case FailureReason.NO_CREDENTIALS | FailureReason.EXPIRED_CREDENTIALS:
                return "not tried: it needs credentials"
            case FailureReason.CLOCK_SKEW:
                return "not tried: it needs a correct clock"
            case _:
                return "not tried: it needs a connection"


async def make_contact(service: AwsService, deadline: float) -> Contact:
    """Read a row that does not exist, once to connect, then three times to measure round trips.

    The four requests may take `deadline` seconds in total.
    """
    try:
        async with asyncio.timeout(deadline):
            return await _measure(service)
    except TimeoutError:
        return Contact(Error(ErrorKind.TIMEOUT, "dynamodb.GetItem", (), f"none within {deadline:g} s"), ())


async def _measure(service: AwsService) -> Contact:
    request = plan.get(MISSING_ID) | {"TableName": service.table or _ANY_TABLE}
    first: Error | None = None
    times: list[float] = []
    for attempt in range(1 + _SAMPLES):
        began = time.perf_counter()
        error = None
        try:
            await service.client.get_item(**request)
        except Error as failure:
            error = failure
        if attempt:
            times.append(time.perf_counter() - began)
        else:
            first = _check_reply(error)
            if first is not None and holds_everywhere(first):
                break
    return Contact(first, tuple(times))


def _check_reply(error: Error | None) -> Error | None:
    """Return an INTEGRITY error for a reply that has an HTTP status but no AWS error code: the server is not AWS."""
    code = error_code(error)
    if not code.isdecimal():
        return error
    return Error(ErrorKind.INTEGRITY, "dynamodb.GetItem", (), f"HTTP status {code}")


def check_region(service: AwsService, settings: Settings) -> CheckResult:
    """Return the region and where it comes from."""
    name = aws.region_of(service.session)
    if settings.region:
        source = settings.source("region").place
    elif os.environ.get("AWS_REGION"):
        source = "AWS_REGION"
    elif service.custom_endpoint and not service.session.get_config_variable("region"):
        source = "default"
    else:
        source = "the AWS configuration"
    return ok("region", f"{name} (from {source})", region=name, source=source)


def check_endpoint(service: AwsService, settings: Settings) -> CheckResult:
    """Return the endpoint of DynamoDB, and whether it belongs to AWS."""
    url = hide_user(service.client.endpoint_url)
    if service.custom_endpoint:
        return ok("endpoint", f"{url} (from {settings.source('endpoint_url').place}), not AWS", url=url)
    return ok("endpoint", url, url=url)


def check_proxy(service: AwsService) -> CheckResult:
    """Return the proxy that requests go through, without its user and password."""
    from botocore.utils import get_environ_proxies

    url = service.client.endpoint_url
    proxy = get_environ_proxies(url).get(urlsplit(url).scheme)
    bundle = os.environ.get("AWS_CA_BUNDLE")
    trusted = f", trusting {bundle} (AWS_CA_BUNDLE)" if bundle else ""
    if not proxy:
        return ok("proxy", f"none{trusted}", url=None)
    return ok("proxy", f"{hide_user(proxy)}{trusted}", url=hide_user(proxy))


def check_connection(contact: Contact, region: str) -> CheckResult:
    """Return whether the service answers, with the median round-trip time."""
    obstacle = contact.obstacle
    if obstacle is not None and obstacle.reason not in {*_CREDENTIALS, FailureReason.CLOCK_SKEW}:
        return failed("connection", obstacle, region)
    if obstacle is not None and obstacle.reason is FailureReason.NO_CREDENTIALS:
        return skipped("connection", "not tried: no credentials to sign a request with")
    if not contact.round_trips:
        return ok("connection", "DynamoDB answers")
    median = statistics.median(contact.round_trips)
    found, data = f"DynamoDB answers in {1000 * median:.0f} ms", {"latency_seconds": round(median, 4)}
    if median > _SLOW:
        return warning("connection", found, "slow: use a host in the region of the table, or check the proxy", **data)
    return ok("connection", found, **data)


def check_clock(service: AwsService, contact: Contact) -> CheckResult:
    """Compare this machine's clock with the dates in the service's replies."""
    if contact.obstacle is not None and contact.obstacle.reason is FailureReason.CLOCK_SKEW:
        return failed("clock", contact.obstacle)
    seconds = service.client.meter.clock_offset
    if seconds is None:
        return skipped("clock", "unknown: no reply with a date came within 2 s")
    offset = timedelta(seconds=seconds)
    data = {"offset_seconds": round(seconds, 1)}
    if abs(offset) < _CLOCK_WARNING:
        return ok("clock", "equal to the service's clock to within 5s", **data)
    side = "behind" if offset > timedelta() else "ahead of"
    found = f"{durations.age(abs(offset))} {side} the service"
    make = problem if abs(offset) >= _CLOCK_PROBLEM else warning
    return make("clock", found, "set this machine's clock, e.g. with chrony", **data)


def hide_user(url: str) -> str:
    """Return a URL with user and password replaced by asterisks."""
    scheme, separator, rest = url.rpartition("://")
    host, slash, path = rest.partition("/")
    user, at, name = host.rpartition("@")
    return f"{scheme}{separator}{'***@' if at and user else ''}{name}{slash}{path}"
