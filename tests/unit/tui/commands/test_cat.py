"""`reflowtop cat`."""

import asyncio
import sys
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
