"""The process of the local service."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.servers import ROOT, accepts, wait_until
from tui.demo.service import LocalService


@pytest.fixture
def service() -> Iterator[LocalService]:
    with LocalService.start() as running:
        yield running


def test_process_has_its_own_session(service: LocalService) -> None:
    assert service._process
    assert os.getsid(service._process.pid) == service._process.pid


PARENT = """
import signal
from tui.demo.service import LocalService

# As on a terminal, also when the tests run in the background, where both are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
print(LocalService.start().endpoint_url.rpartition(":")[2], flush=True)
input()
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_process_ends_with_its_parent(by: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what ctrl-C prints
        text=True,
    ) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/_ministack/health")
        assert connection.getresponse().read()

        parent.send_signal(by)
        assert ended(connection.sock)
        connection.close()
        wait_until(lambda: not accepts(port))


def ended(connection: socket.socket) -> bool:
    """Wait, up to the connection's time-out, until the process at its other end is gone."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
