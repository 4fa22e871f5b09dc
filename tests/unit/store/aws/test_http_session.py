"""Replies of bounded size, and redirects."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import get_cert_path

from store import Error, ErrorKind, FailureReason
from store.aws.http_session import LARGEST, LARGEST_ERROR, HTTPSession
from store.aws.retry import Retries
from store.dynamo.client import Client
from tests.support.fake_aws import JSON, Reply, ok, served

ONCE = Retries(tries=1)
MESSAGE = b'{"__type": "ValidationException", "message": "%s"}'


async def failure(reply: Reply, **options: Any) -> Error:
    async with served(reply, retries=ONCE, **options) as (client, server):
        with pytest.raises(Error) as raised:
            await client.query(TableName="t")
        assert len(server.requests) == 1
        return raised.value


@pytest.mark.parametrize("kind", ["text/html", JSON])
async def test_a_reply_that_is_too_large_is_a_bad_reply(kind: str) -> None:
    failed = await failure(Reply(b"x" * (LARGEST + 1), headers={"content-type": kind}))
    assert (failed.kind, failed.reason) == (ErrorKind.INTEGRITY, FailureReason.BAD_REPLY)
    assert "a reply of more than 20 MB that begins with b'xxx" in str(failed)
    assert len(str(failed)) < 300


async def test_a_large_reply_is_read() -> None:
    item = {"ID": {"S": "x" * 400_000}}
    async with served(ok({"Items": [item] * 40, "Count": 40})) as (client, _):
        assert (await client.query(TableName="t")).count == 40


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"<p>" + b"x" * (50 << 20), FailureReason.SERVICE),
        (400, MESSAGE % (b"x" * (5 << 20)), FailureReason.INVALID),
        (403, b"<p>" + b"x" * 220_000, FailureReason.DENIED),
    ],
    ids=["HTML", "a message", "a word of 220 KB"],
)
async def test_the_end_of_a_long_error_is_not_read(status: int, body: bytes, reason: FailureReason) -> None:
    failed = await failure(Reply(body, status, {"content-type": JSON}))
    assert failed.reason is reason
    assert len(str(failed)) < 5000 < LARGEST_ERROR


async def test_a_body_without_an_end_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Client.open(endpoint_url=url, retries=ONCE) as client:
            with pytest.raises(Error, match="more than 20 MB") as raised:
                await client.query(TableName="t")
    assert raised.value.reason is FailureReason.BAD_REPLY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with served(ok({"Items": [], "Count": 0})) as (_, elsewhere):
        failed = await failure(Reply(b"<p>Log in", status, {"location": elsewhere.url, "content-type": "text/html"}))
        assert elsewhere.requests == []
    assert failed.reason is FailureReason.BAD_REPLY


def test_clients_with_the_same_certificates_share_their_tls_settings(tmp_path: Path) -> None:
    def contexts(verify: bool | str, **options: Any) -> Any:
        return HTTPSession(verify, **options)._build_ssl_contexts(None)[0]  # type: ignore[arg-type]

    bundle = tmp_path / "ca.pem"
    shutil.copy(str(get_cert_path(verify=True)), bundle)
    shared = contexts(verify=True)
    assert contexts(verify=True) is shared
    own = contexts(str(bundle))
    assert own is not shared
    assert contexts(str(bundle)) is own
    os.utime(bundle, ns=(0, 0))
    assert contexts(str(bundle)) is not own, "the file has changed"
    assert contexts(verify=False) is not contexts(verify=False)
    with pytest.raises(FileNotFoundError):
        contexts(str(tmp_path / "missing.pem"))


def test_a_proxy_has_tls_settings_of_its_own() -> None:
    session = HTTPSession(proxies_config={})
    first, second = (session._build_ssl_contexts("https://proxy:3128") for _ in range(2))
    assert None not in (*first, *second)
    assert len({id(context) for context in (*first, *second)}) == 4
