"""The proxy that a request goes through, and what its failures mean."""

import os
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from store.aws.failure_causes import ProxyFailure
from store.aws.url_masking import mask_url
from store.errors import Error, ErrorKind, FailureReason

_DENIED = 407


class Proxy(NamedTuple):
    """A proxy: its URL, which may hold a password, and the variable that names it."""

    url: str
    variable: str

    @property
    def masked(self) -> str:
        """The URL without user and password."""
        return mask_url(self.url)[:200]

    @property
    def shown(self) -> str:
        """The URL without user and password, followed by the variable."""
        return f"{self.masked} ({self.variable})"

    @property
    def host(self) -> str:
        """The host of the URL; empty if the URL is malformed."""
        try:
            return urlsplit(self.url if "://" in self.url else f"http://{self.url}").hostname or ""
        except ValueError:
            return ""

    @property
    def has_password(self) -> bool:
        """Whether the URL names a user."""
        return "@" in self.url


def find_proxy(url: str) -> Proxy | None:
    """Return the proxy for requests to `url`, as botocore chooses it: from the environment, except for NO_PROXY."""
    from botocore.utils import get_environ_proxies

    scheme = url.partition(":")[0].lower()
    proxies: dict[str, str] = get_environ_proxies(url)
    if not (proxy := proxies.get(scheme)):
        return None
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return Proxy(proxy, next((name for name in names if os.environ.get(name)), "the system's settings"))


def check_proxy(url: str) -> None:
    """Check the form of the proxy for requests to `url`, which botocore reports without a name.

    Raises Error with reason SETTINGS for a malformed URL, and UNREACHABLE for a kind of proxy that is not supported.
    """
    proxy = find_proxy(url)
    if proxy is None:
        return
    scheme = proxy.url.strip().partition("://")[0].lower() if "://" in proxy.url else "http"
    if scheme.startswith("socks"):
        failure = ProxyFailure(f"SOCKS proxies such as {proxy.shown} are not supported", "name an HTTP proxy")
        raise Error(ErrorKind.NOT_SUPPORTED, "open", (), failure, FailureReason.UNREACHABLE)
    if scheme not in ("http", "https") or not _is_well_formed(proxy.url):
        remedy = "correct it, with special characters as %2F, %23 …" if proxy.has_password else "correct or unset it"
        why = f"{proxy.variable}={proxy.masked} is not the URL of a proxy such as http://proxy:3128; {remedy}"
        raise Error(ErrorKind.INVALID, "open", (), why, FailureReason.SETTINGS)


def _is_well_formed(url: str) -> bool:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    url = url if url.startswith(("http:", "https:")) else f"http://{url.removeprefix('//')}"  # as botocore does
    try:
        return not any(each.isspace() for each in url) and bool(parse_url(url).host)
    except (LocationParseError, ValueError):
        return False


def watch_proxy(client: Any) -> None:
    """Note the proxy of the requests of `client` in the failures of those that fail, for `map_exception`."""

    async def note(exception: Exception | None = None, parsed: dict[str, Any] | None = None, **_: Any) -> None:
        metadata = (parsed or {}).get("ResponseMetadata", {})
        is_denied = metadata.get("HTTPStatusCode") == _DENIED
        if exception is None and not is_denied:
            return  # finding the proxy reads the whole environment, which took a tenth of the CPU time of a request
        proxy = find_proxy(client.meta.endpoint_url)
        if proxy is not None and exception is not None:
            exception.proxy = proxy  # type: ignore[attr-defined]
        if proxy is not None and is_denied:
            metadata["Proxy"] = proxy

    client.meta.events.register("after-call-error", note)
    client.meta.events.register("after-call", note)


def find_proxy_failure(error: Exception) -> str:
    """Return what a proxy did to a request that failed with this exception of botocore; empty if no proxy did it."""
    from botocore import exceptions as boto

    response = getattr(error, "response", None)
    if isinstance(response, dict) and isinstance(proxy := response.get("ResponseMetadata", {}).get("Proxy"), Proxy):
        return f"the proxy {proxy.shown} {_describe_denial(proxy)}"
    if isinstance(error, boto.ConnectTimeoutError | boto.ReadTimeoutError):
        proxy = getattr(error, "proxy", None)
        return f"no reply through the proxy {proxy.shown}" if isinstance(proxy, Proxy) else ""
    if not isinstance(error, boto.ConnectionError | boto.HTTPClientError):
        return ""
    proxy = getattr(error, "proxy", None) or _guess_proxy(error)
    if not isinstance(proxy, Proxy):
        return ""
    return _describe_failure(error, getattr(error, "kwargs", {}).get("error"), proxy)


def _guess_proxy(error: Exception) -> Proxy | None:
    """Return the proxy of a client that is not watched, such as that of a credential provider."""
    from botocore import exceptions as boto

    if url := getattr(error, "kwargs", {}).get("endpoint_url"):
        return find_proxy(str(url))
    inner = getattr(error, "kwargs", {}).get("error")
    for proxy in map(find_proxy, ("https://amazonaws.com", "http://amazonaws.com")):
        if proxy is not None and (isinstance(error, boto.ProxyConnectionError) or _host(inner) == proxy.host):
            return proxy
    return None


def _describe_failure(error: Exception, inner: object, proxy: Proxy) -> str:
    import aiohttp
    from botocore import exceptions as boto

    the_proxy, is_of_proxy = f"the proxy {proxy.shown}", _host(inner) == proxy.host
    status = getattr(inner, "status", None)
    match inner:
        case aiohttp.ClientHttpProxyError():
            denied = _describe_denial(proxy)
            return f"{the_proxy} {denied if status == _DENIED else f'answers {status} to CONNECT'}"
        case aiohttp.ClientConnectorDNSError() if is_of_proxy:
            return f"the host of {the_proxy} is not known"
        case aiohttp.ClientSSLError() if is_of_proxy:
            return f"{the_proxy} does not speak TLS; write its URL with http://"
        case aiohttp.ClientSSLError():
            return ""  # of the service, through the proxy
        case aiohttp.ClientResponseError():
            return f"{the_proxy} does not answer as an HTTP proxy"
        case aiohttp.ClientConnectorError():
            return f"{the_proxy} cannot be connected to"
    if isinstance(error, boto.InvalidProxiesConfigError):
        return f"{the_proxy} is not well-formed"
    return f"the connection through {the_proxy} was closed"


def _host(inner: object) -> str:
    request = getattr(inner, "request_info", None)
    if request is not None:
        return str(getattr(request.real_url, "host", "") or "")
    return str(getattr(inner, "host", "") or "")


def _describe_denial(proxy: Proxy) -> str:
    # Not "password: …", which redaction would take for one.
    why = "it refuses the user in its URL" if proxy.has_password else "its URL names no user"
    return f"answers 407 Proxy Authentication Required, for {why}"
