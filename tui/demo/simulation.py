"""The child process that runs the simulated cluster, seen from its parent."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from tui.cost.demo_prices import DEMO_TABLE
from tui.demo.service import ServiceError

TABLE = BUCKET = DEMO_TABLE

_ROOT = Path(__file__).parents[2]


class Simulation:
    """A running `python -m tui.demo`, which writes to the service at `endpoint_url`.

    The process ends with the block, or with this process. It has a session of its own, so ctrl-C does not reach it.
    """

    def __init__(self, endpoint_url: str, seed: int) -> None:
        inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            # -P and no empty entry in PYTHONPATH: never import from the working directory, which others may write to.
            [sys.executable, "-P", "-m", "tui.demo", endpoint_url, TABLE, BUCKET, str(seed)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, inherited)])},
            stdin=subprocess.PIPE,  # never written to: end of file tells the child that its parent has ended
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
        """Wait until the runs of the first screen are written. Raises ServiceError if the process ends instead."""
        assert self._process.stdout is not None  # noqa: S101
        if not self._process.stdout.readline():
            self._process.wait()
            self.check()

    def wait(self) -> None:
        """Wait until the process ends, which happens only if it fails."""
        self._process.wait()

    def check(self) -> None:
        """Raise ServiceError with the last line of its output if the process has ended."""
        if self._process.poll() is not None:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").split("\n")
            reason = next((line for line in reversed(lines) if line.strip()), "no output")
            raise ServiceError(f"the simulated cluster ended: {reason.strip()}")
