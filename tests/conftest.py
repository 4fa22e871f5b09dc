"""For every test: no credentials but made-up ones, no network but loopback; and the servers to run against."""

import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support import frames, idle, matched_css, parsed_css, timers
from tests.support.forked_program import forked_program
from tests.support.servers import Server, dynamodb_local_command, run_dynamodb_local
from tui.demo.service import LocalService, isolate_aws_environment

# On a busy machine a slow example means nothing. A change must fail for what it does, never for its luck: every run
# plays the same examples. `pytest --hypothesis-profile search` looks for others.
hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile("fixed")

# Variables of the developer's terminal: a test must not copy into the tmux that it is run in.
_OF_THE_TERMINAL = ("TMUX", "STY", "VTE_VERSION", "TERM_PROGRAM")
# A bundle of the developer's, which each session reads, takes 20 ms.
_OF_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def pytest_configure() -> None:
    # Cache bytecode even if PYTHONDONTWRITEBYTECODE is set: otherwise every worker compiles all modules and rewrites
    # all assertions, which takes 5 s, and every child process compiles its modules. Git ignores the files.
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.disable()  # until the collection ends: it creates no garbage
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts `pytest &`; children would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    isolate_aws_environment(os.environ)
    for name in [name for name in os.environ if name.startswith("REFLOWTOP_")]:
        del os.environ[name]
    # The developer may have settings, acknowledged findings, and a terminal of their own.
    os.environ.update(LC_ALL="C.UTF-8", TERM="xterm-256color")
    os.environ.update(dict.fromkeys(("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), os.devnull))
    for name in (*_OF_THE_TERMINAL, *_OF_CERTIFICATES):
        os.environ.pop(name, None)
    sys.addaudithook(_refuse_foreign_hosts)
    frames.install()
    idle.install()
    parsed_css.install()
    matched_css.install()
    timers.install()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: modules, and the tests themselves.

    It took a fifth of the CPU time of a test of a screen.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)  # most of what an app makes is gone by then, without being looked at


# Each has a host or an address in its first or second argument.
_REACHING = frozenset(
    (
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
    )
)


def _refuse_foreign_hosts(event: str, args: tuple[Any, ...]) -> None:
    """Refuse foreign hosts in an audit hook, which the interpreter calls before every connection and look-up.

    The error is not an OSError, for those look like an outage and get retried.
    """
    if event not in _REACHING:  # the most frequent event by far is a call of `id`
        return
    if event.startswith("socket.get"):
        host = args[0]
    else:
        connection, address = args
        host = address[0] if address and connection.family in (socket.AF_INET, socket.AF_INET6) else None
    if not _is_local(host):
        raise RuntimeError(f"a test tried to reach {host}; only loopback is allowed")


def _is_local(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


# One server of each kind per worker of pytest-xdist, not one for all: they start in 0.1 s and 1 s, two serve two
# workers faster than one does, and no process has to know when the others are done with it.


@pytest.fixture(scope="session")
def ministack() -> Iterator[Server]:
    with LocalService.start() as service:
        yield Server("ministack", service.endpoint_url)


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[Server]:
    try:
        command = dynamodb_local_command()
    except LookupError as missing:
        pytest.skip(str(missing.args[0]))
    with run_dynamodb_local(command) as server:
        yield server


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The path of `reflowtop`, whose processes are forked."""
    with forked_program(tmp_path_factory.mktemp("bin")) as path:
        yield path


@pytest.fixture(scope="session", params=["ministack", "dynamodb_local"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each in turn. They outlive a test, so a test makes tables with names of its own."""
    server: Server = request.getfixturevalue(request.param)
    return server
