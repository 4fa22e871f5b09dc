"""`reflowtop cat`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from store import (
    Digest,
    DynamoTaskDB,
)
from tests.support.log_world import LogWorld
from tests.support.servers import ROOT, Server
from tui.commands.cat import print_objects
from tui.exit_status import ExitCode

Captured = pytest.CaptureFixture[bytes]


async def test_objects_are_printed_unchanged(world: LogWorld, capsysbinary: Captured) -> None:
    digest = await world.repository.put(b"\x00no end")
    missing = str(Digest.compute(b"never put"))
    assert await print_objects(world.db, [missing, digest.hex[:8]]) is ExitCode.FAILED
    out, err = capsysbinary.readouterr()
    assert out == b"\x00no end"
    assert b"the object is missing, deleted or never uploaded: " + missing.encode() in err


async def test_a_corrupt_object_is_named_and_the_next_is_printed(world: LogWorld, capsysbinary: Captured) -> None:
    corrupt, digest = await world.repository.put(b"hello"), await world.repository.put(b"next")
    Path(world.repository.location(corrupt).uri).write_bytes(b"jello")  # noqa: ASYNC240
    assert await print_objects(world.db, [str(corrupt), str(digest)]) is ExitCode.FAILED
    out, err = capsysbinary.readouterr()
    assert out == b"jellonext"
    text = f"it could not be read: object {corrupt}: the content is that of {Digest.compute(b'jello')}"
    assert err.decode() == f"reflowtop: {text}\n"


async def start(server: Server, *args: str) -> asyncio.subprocess.Process:
    """Start the command in a process of its own."""
    service = ("--table", "log-cli", "--bucket", "log-cli", "--endpoint-url", server.endpoint_url)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tui", args[0], *service, "--region", "us-west-2", *args[1:]),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_closed_pipe_ends_the_command_silently(served: tuple[DynamoTaskDB, Any], ministack: Server) -> None:
    digest = await served[0].repository.put(b"line\n" * 1_000_000)
    process = await start(ministack, "cat", str(digest))
    assert process.stdout
    assert process.stderr
    assert await process.stdout.readline() == b"line\n"
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert await process.stderr.read() == b""
    assert await process.wait() == ExitCode.PIPE
