"""Hosts of addresses, without the user and the password that an address may have."""

from urllib.parse import urlsplit


def host_of(url: str | None) -> str:
    """Return the host of an address, with its port if it has one; empty without an address, or if it is no address.

    Addresses in recordings were written by others.
    """
    try:
        return urlsplit(url).netloc.rpartition("@")[2] if url else ""
    except ValueError:
        return ""
