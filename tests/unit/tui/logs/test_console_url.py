"""Addresses in the AWS console."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.location import Location
from tui.logs import (
    console_url as console,
)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (
            Location("s3", "logs", "objects/sha256:00", "us-west-2"),
            "https://us-west-2.console.aws.amazon.com/s3/object/logs?region=us-west-2&prefix=objects%2Fsha256%3A00",
        ),
        (
            Location("logs", "reflow", "a/e/stderr", "eu-west-1"),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/reflow/log-events/a$252Fe$252Fstderr",
        ),
        (
            Location("s3", "logs", "k", "cn-north-1"),
            "https://cn-north-1.console.amazonaws.cn/s3/object/logs?region=cn-north-1&prefix=k",
        ),
        (
            Location("logs", "/aws/x y", "a[$LATEST]%", "us-gov-west-1"),
            "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1#logsV2:log-groups/log-group/$252Faws$252Fx$2520y/log-events/a$255B$2524LATEST$255D$2525",
        ),
        (Location("s3", "logs", "k", "us-iso-east-1"), None),
        (Location("s3", "logs", "k", "evil.com/"), None),
        (Location("s3", "logs", "k", "us-west-2\n"), None),
        (Location("s3", "logs", "k"), None),
        (Location("file", "/f", "k", "us-west-2"), None),
    ],
)
def test_addresses_of_logs_and_objects_in_the_console(place: Location, url: str | None) -> None:
    assert console.url(place) == url


NAMES = st.text() | st.text(st.characters(codec=None))  # the latter with lone surrogates


@given(NAMES, NAMES, st.sampled_from(["s3", "logs"]))
def test_names_are_escaped_in_addresses(container: str, name: str, service: Any) -> None:
    url = console.url(Location(service, container, name, "us-west-2"))
    assert url is not None
    assert re.fullmatch(r"[A-Za-z0-9:/?&=#%$._~-]+", url)
    assert url.startswith("https://us-west-2.console.aws.amazon.com/")
    assert url.count("?") == 1
    assert url.count("#") == (service == "logs")
    names = [name.encode("utf-8", "replace").decode() for name in (container, name)]
    if service == "s3":
        found = re.fullmatch(r"[^?]*/s3/object/([^/?]*)\?region=us-west-2&prefix=([^&]*)", url)
        assert found
        assert [unquote(part) for part in found.groups()] == names
    else:
        found = re.fullmatch(r"[^#]*#logsV2:log-groups/log-group/([^/]*)/log-events/([^/]*)", url)
        assert found
        assert [unquote(unquote(part.replace("$", "%"))) for part in found.groups()] == names
