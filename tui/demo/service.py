"""A local, AWS-compatible endpoint: DynamoDB, S3 and CloudWatch Logs, for the demo and for the tests.

It is ministack, in a process of its own: nothing of it is imported here, and it ends with ours.
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

# What a client of the service needs: made-up credentials, and no way to find real ones.
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

# The rest of our environment is not passed on: it may hold credentials, or settings of another ministack.
_INHERITED = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR")
_SETTINGS = {
    "SERVICES": "dynamodb,dynamodbstreams,s3,logs",
    "MINISTACK_REGION": ENVIRONMENT["AWS_REGION"],
    "LOG_LEVEL": "ERROR",
    # Both would listen on ports of their own.
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    # When it starts it removes the containers that another ministack left on this machine. Not ours to touch.
    "DOCKER_HOST": "unix:///nonexistent",
}


class ServiceError(RuntimeError):
    """The service could not be started. The message is one line; notes hold the end of its output."""


def isolate_aws_environment(environ: MutableMapping[str, str]) -> None:
    """Make AWS clients that are configured by `environ` use `ENVIRONMENT` and nothing else.

    Removes every other `AWS_` variable: a profile, a session token or an endpoint would still have its effect.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    environ.update(ENVIRONMENT)


class LocalService:
    """A running ministack on a free loopback port, its data in memory only.

    `with LocalService.start() as service:` stops it at the end. It also ends when this process does, be it by
    `kill -9`; it is in a session of its own, so ctrl-C and a hang-up reach it only through us. Starting takes a
    few tenths of a second: in a coroutine use `await asyncio.to_thread(LocalService.start)`.
    """

    environment = ENVIRONMENT

    def __init__(self) -> None:
        self._port = 0  # any free one; kept from the first start on
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, *, timeout: float = 30) -> Self:
        """Start a service and return when it answers.

        Raises ServiceError when ministack is not installed, ends early, or does not answer within `timeout` seconds.
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
        """Where it answers; the same before and after `stop` and `restart`."""
        return f"http://{_HOST}:{self._port}"

    def stop(self) -> None:
        """End the process, and with it all data. Connections break, new ones are refused. Safely repeated."""
        process, self._process = self._process, None
        if process is not None:
            with process:  # on leaving: closes our pipe to it and waits for its end
                process.kill()

    def restart(self, *, timeout: float = 30) -> None:
        """Stop when running, then start on the same port, without any data.

        Raises ServiceError as `start` does, and OSError when somebody else took the port in the meantime.
        """
        self.stop()
        if importlib.util.find_spec("ministack") is None:
            raise ServiceError("ministack is not installed; remedy: pip install 'reflowtop[demo]'")
        with tempfile.TemporaryFile() as log:
            # We listen and the child inherits: no port to race for, and the first request waits in the socket's
            # queue until the child takes it, or fails at once if the child ends instead.
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
            stdin=subprocess.PIPE,  # never written to: its end of file tells the child that we are gone
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
