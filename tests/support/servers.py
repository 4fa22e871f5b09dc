"""The two DynamoDB servers that tests run against: how to find and start them."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEASH = Path(__file__).with_name("leash.py")
HOST = "127.0.0.1"

# For short runs: fast to start rather than fast at its peak. Its tables are native memory, not Java's heap.
JAVA_OPTIONS = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


@dataclass(frozen=True)
class Server:
    """A running server: its `name`, "ministack" or "dynamodb-local", and its endpoint."""

    name: str
    endpoint_url: str


def dynamodb_local_command() -> list[str]:
    """Return the command that starts AWS's DynamoDB Local, without its port. Raises LookupError if something is
    missing.

    The folder of its jar is DYNAMODB_LOCAL_JAR_DIR, or else .cache/dynamodb-local, where `.ci/run` puts it.
    """
    folder = Path(os.environ.get("DYNAMODB_LOCAL_JAR_DIR") or ROOT / ".cache/dynamodb-local").absolute()
    jar = folder / "DynamoDBLocal.jar"
    java = shutil.which("java")
    if java is None:
        raise LookupError("DynamoDB Local needs Java on the PATH")
    if not jar.exists():
        raise LookupError(f"DynamoDB Local: there is no {jar}; set DYNAMODB_LOCAL_JAR_DIR")
    library = f"-Djava.library.path={folder / 'DynamoDBLocal_lib'}"
    return [java, *JAVA_OPTIONS, library, "-jar", str(jar), "-inMemory", "-sharedDb"]


@contextmanager
def run_dynamodb_local(command: list[str]) -> Iterator[Server]:
    """Run DynamoDB Local until the block ends, or this process does. Raises RuntimeError when it does not start.

    It listens on every interface: it has no option for the address.
    """
    port = free_port()
    arguments = [sys.executable, str(LEASH), *command, "-port", str(port)]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            arguments,
            # With its option -disableTelemetry instead it still looks up a host, and leaves a file where it runs.
            env={**os.environ, "DDB_LOCAL_TELEMETRY": "0"},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # or ctrl-C would end it under tests that are still running
        ) as leash,
    ):
        wait_until(lambda: accepts(port) or leash.poll() is not None, seconds=60)
        if leash.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"DynamoDB Local did not start:\n{log.read().decode(errors='replace')}")
        yield Server("dynamodb-local", f"http://{HOST}:{port}")


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Return whether a server listens on this loopback port."""
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Poll until the condition holds. Raises TimeoutError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {seconds:g} s")
        time.sleep(0.02)
