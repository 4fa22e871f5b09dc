"""The demo: a local service, a simulated cluster that writes to it, and a dashboard that reads from it."""

import dataclasses
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import click

from tui import exit_status as failures
from tui.demo.service import ENVIRONMENT, LocalService, ServiceError, isolate
from tui.settings import Settings

TABLE = BUCKET = "reflow-demo"

_NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
_ROOT = Path(__file__).parents[2]
_CONNECT = """\
A simulated cluster is running; ctrl-C ends it. To watch it, in another terminal:

  export {environment}
  reflowtop --endpoint-url {endpoint_url} --table {table} --bucket {bucket}"""


def demo(settings: Settings, *, headless: bool, seed: int) -> int:
    """Watch a simulated cluster, or with `headless` only run it and say how to connect; returns the exit code.

    Of `settings` it replaces what says where to read. The same `seed` makes the same cluster. Everything that is
    started ends with this process, however that ends.
    """
    # From here on this process has no other credentials: it must never touch anything real.
    isolate(os.environ)
    click.echo("Starting a local service and a simulated cluster ...", err=True)
    try:
        with LocalService.start() as service, Simulation(service.endpoint_url, seed) as simulation:
            if headless:
                return _stay(simulation, service.endpoint_url)
            from tui import app  # while the simulation starts

            simulation.wait_until_ready()
            found = dataclasses.replace(
                settings, table=TABLE, bucket=BUCKET, region=None, profile=None, endpoint_url=service.endpoint_url
            )
            code = app.run(found)
            simulation.check()
            return code or failures.ExitCode.OK
    except ServiceError as error:
        failures.tell(str(error))
        return failures.ExitCode.FAILED


def _stay(simulation: "Simulation", endpoint_url: str) -> int:
    simulation.wait_until_ready()
    environment = " ".join(f"{name}={ENVIRONMENT[name]}" for name in _NEEDED)
    try:
        click.echo(_CONNECT.format(environment=environment, endpoint_url=endpoint_url, table=TABLE, bucket=BUCKET))
        simulation.wait()
    except KeyboardInterrupt:
        return failures.ExitCode.OK
    simulation.check()
    return failures.ExitCode.OK


class Simulation:
    """The process of the simulated cluster, which writes to the service at `endpoint_url`.

    It ends with the block, and with this process; in a session of its own it hears of ctrl-C only through us.
    """

    def __init__(self, endpoint_url: str, seed: int) -> None:
        inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            # -P: nothing is imported from the working directory, which may be anybody's; an empty entry means it too.
            [sys.executable, "-P", "-m", "tui.demo", endpoint_url, TABLE, BUCKET, str(seed)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, inherited)])},
            stdin=subprocess.PIPE,  # never written to: its end of file tells the child that we are gone
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._log, self._process as process:
            process.kill()

    def wait_until_ready(self) -> None:
        """Wait until there is something to see. Raises ServiceError when the process ends instead."""
        assert self._process.stdout is not None  # noqa: S101
        if not self._process.stdout.readline():
            self._process.wait()
            self.check()

    def wait(self) -> None:
        """Wait until the process ends, which it does not by itself."""
        self._process.wait()

    def check(self) -> None:
        """Raise ServiceError with the end of its output if the process has ended."""
        if self._process.poll() is not None:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").split("\n")
            reason = next((line for line in reversed(lines) if line.strip()), "no reason given")
            raise ServiceError(f"the simulated cluster ended: {reason.strip()}")
