"""Hosts of addresses."""

import pytest

from tui.text.addresses import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (None, ""),
        ("http://localhost:8000", "localhost:8000"),
        ("http://amy:hunter2@h/x", "h"),
        ("http://amy:a@b@h:1/x", "h:1"),
        ("http://[::1]:8000/", "[::1]:8000"),
        ("//]52;c;AAAA/", ""),
        ("http://[::1", ""),
    ],
)
def test_hosts_are_without_users(url: str | None, host: str) -> None:
    assert host_of(url) == host
