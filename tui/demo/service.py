"""A local AWS-compatible service (DynamoDB, S3, CloudWatch Logs) for the demo and the tests.

It is ministack in a child process, which ends with this process. This module does not import ministack.
"""

import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Self

_HOST = "127.0.0.1"
_SCRIPT = Path(__file__).with_name("service_process.py")

# The environment of clients: made-up credentials, and no way to find real ones.
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_REGION": "us-west-2",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
)

# Other variables are not passed on: they may be credentials, or settings of another ministack.
_INHERITED = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR")
_SETTINGS = {
    "SERVICES": "dynamodb,dynamodbstreams,s3,logs",
    "MINISTACK_REGION": ENVIRONMENT["AWS_REGION"],
    "LOG_LEVEL": "ERROR",
    # Both would listen on additional ports.
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    # At start, ministack removes containers left by other instances. Keep it away from Docker.
    "DOCKER_HOST": "unix:///nonexistent",
}


class ServiceError(RuntimeError):
    """The service could not be started. The message is one line; the notes are the last lines of its output."""


def isolate_aws_environment(environ: MutableMapping[str, str]) -> None:
    """Make AWS clients that read `environ` use `ENVIRONMENT` and nothing else.

    Remove every other `AWS_` variable: a profile, a session token or an endpoint would still have an effect.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ.update(ENVIRONMENT)


class LocalService:
    """A running ministack on a free loopback port, its data in memory only.

    Use `with LocalService.start() as service:`; leaving the block stops it. The child process also ends when this
    process ends, even by `kill -9`. It has a session of its own, so ctrl-C and SIGHUP of the terminal do not reach it.
    Starting takes a few tenths of a second: in a coroutine use `await asyncio.to_thread(LocalService.start)`.
    """

    environment = ENVIRONMENT

    def __init__(self) -> None:
        self._port = 0  # 0: any free port at the first start, kept afterwards
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, *, timeout: float = 30) -> Self:
        """Start a service and wait until it answers.

        Raises ServiceError if ministack is not installed, ends early, or does not answer within `timeout` seconds.
        """
        service = cls()
        service.restart(timeout=timeout)
        return service

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The URL of the service; `stop` and `restart` do not change it."""
        return f"http://{_HOST}:{self._port}"

    def stop(self) -> None:
        """End the process and drop all data. Open connections break and new ones are refused. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            with process:  # leaving the block closes the pipe and waits for the process
                process.kill()

    def restart(self, *, timeout: float = 30) -> None:
        """Stop the service if it runs, then start it on the same port, without any data.

        Raises ServiceError as `start` does, and OSError if another process has taken the port in the meantime.
        """
        self.stop()
        if importlib.util.find_spec("ministack") is None:
            raise ServiceError("ministack is not installed; run: pip install 'reflowtop[demo]'")
        with tempfile.TemporaryFile() as log:
            # The parent listens and the child inherits the socket: there is no race for the port, and the first request
            # waits in the queue of the socket until the child accepts it, or fails at once if the child ends.
            with socket.create_server((_HOST, self._port)) as listener:
                self._port = listener.getsockname()[1]
                self._process = self._spawn(listener, log)
            try:
                self._check_health(timeout)
            except (OSError, http.client.HTTPException) as error:
                self.stop()
                raise _start_failure(error, log, timeout) from error
            except BaseException:  # ctrl-C
                self.stop()
                raise

    def _spawn(self, listener: socket.socket, log: IO[bytes]) -> subprocess.Popen[bytes]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-P", _SCRIPT, str(listener.fileno())],
            env={**inherited, **ENVIRONMENT, **_SETTINGS, "GATEWAY_PORT": str(self._port)},
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,  # never written to: end of file tells the child that its parent has ended
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def _check_health(self, timeout: float) -> None:
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=timeout)
        try:
            connection.request("GET", "/_ministack/health")
            response = connection.getresponse()
            response.read()
            if response.status != http.HTTPStatus.OK:
                raise http.client.HTTPException(f"health check answered {response.status}")
        finally:
            connection.close()


def _start_failure(error: Exception, log: IO[bytes], timeout: float) -> ServiceError:
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    output = [line for line in lines if line.strip()][-20:]
    if isinstance(error, TimeoutError):
        reason = f"no answer within {timeout:g} s"
    else:
        reason = output[-1].strip() if output else str(error)
    failure = ServiceError(f"the local AWS service did not start: {reason}")
    for line in output:
        failure.add_note(line)
    return failure
