"""Hosts of addresses, without the user and the password that an address may have."""

from urllib.parse import urlsplit


def host_of(url: str | None) -> str:
    """Return the host of an address, with its port if it has one; empty without an address."""
    return urlsplit(url).netloc.rpartition("@")[2] if url else ""
