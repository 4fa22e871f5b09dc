"""Proxies that cannot be used: the proxy is named, with its password masked."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from store.aws.proxy import Proxy, find_proxy
from tests.support.aws_setups import BASE, ROLE, Setup
from tests.support.fake_sts import fake_sts, reply

ENDPOINT = "https://dynamodb.us-west-2.amazonaws.com"
UNREACHABLE = "The service cannot be reached: the proxy http://***@{host} ({variable}) {what}: check the proxy."
WRONG = "is not the URL of a proxy such as http://proxy:3128; correct it, with special characters as %2F, %23 …"
REFUSED = "answers 407 Proxy Authentication Required, for it refuses the user in its URL"
NOT_HTTP = "does not answer as an HTTP proxy"


async def no_such_host(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setup:
    setup = Setup(monkeypatch, tmp_path)
    setup.set(AWS_PROFILE="", AWS_ACCESS_KEY_ID="made", AWS_SECRET_ACCESS_KEY="up")
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return setup


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY"])
@pytest.mark.parametrize(
    ("answer", "is_greeting", "what"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", True, NOT_HTTP),
        (b"220 FTP ready\r\n", True, NOT_HTTP),
        (b"220 mail.example.com ESMTP Postfix\r\n", True, NOT_HTTP),
        (b"\x15\x03\x01\x00\x02\x02\x28", False, NOT_HTTP),
        (b"\x05\xff\r\n", False, NOT_HTTP),
        (b"<html><body>login</body></html>", False, NOT_HTTP),
        (b"\xff\x00\xfe\r\n" * 50, False, NOT_HTTP),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", False, NOT_HTTP),
        (b"HTTP/1.1 200 " + b"x" * 20_000 + b"\r\n\r\n", False, NOT_HTTP),
        (
            reply("", "407 Denied"),
            False,
            "answers 407 Proxy Authentication Required, for it refuses the user in its URL",
        ),
    ],
)
async def test_a_server_that_does_not_answer_as_a_proxy_is_named(
    setup: Setup, variable: str, answer: bytes, is_greeting: bool, what: str
) -> None:
    async with fake_sts(answer, is_greeting=is_greeting) as url:
        host = url.removeprefix("http://")
        setup.set(**{variable: f"http://amy:s3cretpw@{host}"})
        endpoint = ENDPOINT if variable == "HTTPS_PROXY" else ENDPOINT.replace("https", "http")
        answered = await setup.ask(endpoint_url=endpoint)
    assert answered == (3, UNREACHABLE.format(host=host, variable=variable, what=what))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (reply("no", "500 Oh"), "answers 500 to CONNECT"),
        (reply("", "302 Found"), "answers 302 to CONNECT"),
        (reply("", "403 Forbidden"), "answers 403 to CONNECT"),
    ],
)
async def test_the_status_of_a_proxy_is_told(setup: Setup, answer: bytes, what: str) -> None:
    async with fake_sts(answer) as url:
        host = url.removeprefix("http://")
        setup.set(HTTPS_PROXY=f"http://amy:s3cretpw@{host}")
        answered = await setup.ask(endpoint_url=ENDPOINT)
    assert answered == (3, UNREACHABLE.format(host=host, variable="HTTPS_PROXY", what=what))


async def test_a_proxy_that_wants_a_password(setup: Setup) -> None:
    async with fake_sts(reply("", "407 Denied")) as url:
        setup.set(HTTPS_PROXY=url)
        status, text = await setup.ask(endpoint_url=ENDPOINT)
    assert status == 3
    assert f"the proxy {url} (HTTPS_PROXY) answers 407 Proxy Authentication Required, for its URL names no user" in text


async def test_a_proxy_that_closes_the_connection(setup: Setup) -> None:
    async with fake_sts(b"") as url:
        setup.set(HTTPS_PROXY=f"http://amy:s3cretpw@{url.removeprefix('http://')}")
        status, text = await setup.ask(endpoint_url=ENDPOINT)
    assert status == 3
    assert text.startswith("The service cannot be reached: the connection through the proxy http://***@127.0.0.1:")


@pytest.mark.parametrize("password", ["s3cretpw", "s3cr@tpw", "s3cr%40tpw", "s3cr:tpw"])
async def test_a_proxy_that_does_not_run_is_named(setup: Setup, password: str) -> None:
    for variable, url in {"HTTPS_PROXY": "http://", "https_proxy": "http://", "Https_Proxy": ""}.items():
        setup.set(HTTPS_PROXY="", https_proxy="")
        if variable == "Https_Proxy":
            setup.set(HTTPS_PROXY=f"amy:{password}@127.0.0.1:1")
            expected = UNREACHABLE.replace("http://", "").format(host="127.0.0.1:1", variable="HTTPS_PROXY", what="{}")
        else:
            setup.set(**{variable: f"{url}amy:{password}@127.0.0.1:1"})
            expected = UNREACHABLE.format(host="127.0.0.1:1", variable=variable, what="{}")
        answered = await setup.ask(endpoint_url=ENDPOINT)
        assert answered == (3, expected.format("cannot be connected to"))


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "SOCKS5"])
async def test_socks_is_not_supported(setup: Setup, scheme: str) -> None:
    setup.set(HTTPS_PROXY=f"{scheme}://amy:s3cretpw@127.0.0.1:1080")
    text = f"SOCKS proxies such as {scheme}://***@127.0.0.1:1080 (HTTPS_PROXY) are not supported"
    answered = await setup.ask(endpoint_url=ENDPOINT)
    assert answered == (3, f"The service cannot be reached: {text}: name an HTTP proxy.")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://amy:s3cr/tpw@127.0.0.1:1", "http://***@127.0.0.1:1"),
        ("http://amy:s3cr#tpw@127.0.0.1:1", "http://***@127.0.0.1:1"),
        ("http://amy:s3cr?tpw@127.0.0.1:1", "http://***@127.0.0.1:1"),
        ("http://amy:s3 cretpw@127.0.0.1:1", "http://***@127.0.0.1:1"),
        ("http://amy:s3cretpw@127.0.0.1:notaport", "http://***@127.0.0.1:notaport"),
        ("http://amy:s3cretpw@127.0.0.1:99999", "http://***@127.0.0.1:99999"),
        ("ftp://amy:s3cretpw@127.0.0.1:21", "ftp://***@127.0.0.1:21"),
        ("http://amy:s3cretpw@127.0.0.1:1\n", "http://***@127.0.0.1:1 "),
    ],
)
async def test_a_malformed_proxy_is_named(setup: Setup, url: str, shown: str) -> None:
    setup.set(HTTPS_PROXY=url)
    assert await setup.ask(endpoint_url=ENDPOINT) == (2, " ".join(f"HTTPS_PROXY={shown} {WRONG}".split()))


MISTYPED = (
    *("http:/amy:{}@h", "http:amy:{}@h", "//amy:{}@127.0.0.1:1", "amy:{}@h:notaport", r"https:\\amy:{}@h"),
    *("http:///amy:{}@h", "http://amy:p@{}@127.0.0.1:1", "http://amy:{}%40h", "http://amy%3A{}@127.0.0.1:1"),
    *("http%3A//amy:{}@h", "http;//amy:{}@h", "http//amy:{}@h", "http://amy:{}@", "http://amy:{} @h"),
    *("http://amy:{}@[::1", "ttp:/amy:{}@h", ":amy:{}@h"),
)


@pytest.mark.parametrize("form", MISTYPED)
async def test_the_password_of_a_mistyped_proxy_or_endpoint_is_masked(
    setup: Setup, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_host)
    url = form.format("s3cretpw")
    setup.set(HTTPS_PROXY=url)
    status, text = await setup.ask(endpoint_url=ENDPOINT)
    assert status in (2, 3)
    assert "s3cretpw" not in text
    assert "HTTPS_PROXY" in text, "the variable to correct"
    setup.set(HTTPS_PROXY="", AWS_ENDPOINT_URL=url)
    status, text = await setup.ask(endpoint_url=None)
    assert status in (2, 3)
    assert "s3cretpw" not in text


async def test_a_proxy_whose_host_is_not_known_is_named(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_host)
    setup.set(HTTPS_PROXY="http://amy:s3cretpw@proxy.example.com:3128")
    what = "the host of the proxy http://***@proxy.example.com:3128 (HTTPS_PROXY) is not known"
    assert await setup.ask(endpoint_url=ENDPOINT) == (3, f"The service cannot be reached: {what}: check the proxy.")


async def test_a_proxy_without_a_host(setup: Setup) -> None:
    setup.set(HTTPS_PROXY="http://")
    text = "HTTPS_PROXY=http:// is not the URL of a proxy such as http://proxy:3128; correct or unset it"
    assert await setup.ask(endpoint_url=ENDPOINT) == (2, text)


async def test_a_proxy_that_is_not_used_does_no_harm(setup: Setup) -> None:
    setup.set(HTTPS_PROXY="socks5://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="127.0.0.1")
    assert await setup.ask() == (0, "")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", reply("", "407 Denied"), b"\x15\x03\x01\r\n"])
async def test_the_proxy_to_sts_is_named(setup: Setup, answer: bytes) -> None:
    setup.set(AWS_PROFILE="p", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", NO_PROXY="127.0.0.1")
    setup.configure(f"role_arn = {ROLE}\nsource_profile = base\n{BASE}")
    async with fake_sts(answer, is_greeting=answer.startswith(b"SSH")) as url:
        setup.set(HTTPS_PROXY=f"http://amy:s3cretpw@localhost:{url.rpartition(':')[2]}")
        status, text = await setup.ask(timeout=5)
    assert status == 3
    what = (
        "answers 407 Proxy Authentication Required, for it refuses the user in its URL"
        if b"407" in answer
        else NOT_HTTP
    )
    proxy = f"the proxy http://***@localhost:{url.rpartition(':')[2]} (HTTPS_PROXY)"
    assert text == f"No credentials from role {ROLE} of profile p: {proxy} {what}; check the proxy."


def test_the_proxy_for_a_url(setup: Setup) -> None:
    setup.set(HTTPS_PROXY="http://one:1", NO_PROXY="example.com")
    assert find_proxy("https://dynamodb.us-west-2.amazonaws.com/") == Proxy("http://one:1", "HTTPS_PROXY")
    assert find_proxy("https://api.example.com/") is None
    assert find_proxy("http://dynamodb.us-west-2.amazonaws.com/") is None
    assert Proxy("http://[::1", "HTTPS_PROXY").host == ""
