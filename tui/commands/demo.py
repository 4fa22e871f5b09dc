"""`reflowtop demo`: a local service, a simulated cluster that writes to it, and a dashboard that reads from it."""

import contextlib
import os
from collections.abc import Iterator

import msgspec

from store.times import utc_now
from tui.commands.failure_memory import open_memory
from tui.demo.past_failures import remember_failures
from tui.demo.scenario import make_scenario
from tui.demo.service import ENVIRONMENT, LocalService, ServiceError, isolate_aws_environment
from tui.demo.simulation import BUCKET, TABLE, Simulation
from tui.exit_status import ExitCode, print_stderr
from tui.settings import Settings
from tui.terminal import output
from tui.terminal.new_files import memory_path
from tui.text.safe import safe, safe_lines

_NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
_CONNECT = """\
A simulated cluster is running; ctrl-C ends it. To watch it, run in another terminal:

  export {environment}
  reflowtop --endpoint-url {endpoint_url} --table {table} --bucket {bucket}"""


def run(settings: Settings, *, headless: bool, seed: int) -> int:
    """Show the dashboard on a simulated cluster; return the exit code.

    With `headless`, run only the cluster and print how to connect to it. `settings` is used but for the table and how
    to reach it. The same `seed` makes the same cluster. Everything that is started ends with this process, even if it
    is killed.
    """
    # From here on this process has made-up credentials only: it must never touch a real account.
    isolate_aws_environment(os.environ)
    output.print_line(safe("Starting a local service and a simulated cluster ..."), is_error=True)
    try:
        with LocalService.start() as service, Simulation(service.endpoint_url, seed) as simulation:
            demo_settings = msgspec.structs.replace(
                settings, table=TABLE, bucket=BUCKET, region=None, profile=None, endpoint_url=service.endpoint_url
            )
            with failure_memory(demo_settings, seed):
                if headless:
                    return _wait(simulation, service.endpoint_url)
                from tui import app  # imports textual while the simulation starts

                simulation.wait_until_ready()
                code = app.run(demo_settings)
                simulation.check()
                return code or ExitCode.OK
    except ServiceError as error:
        print_stderr(str(error))
        return ExitCode.FAILED


@contextlib.contextmanager
def failure_memory(settings: Settings, seed: int) -> Iterator[None]:
    """Fill the memory of failures of the demo's table with those of its earlier runs; remove it after the block.

    Its file is named after the endpoint, whose port no other demo has: nobody could read it again.
    """
    now = utc_now()
    remember_failures(open_memory(settings), make_scenario(seed, now).past, now)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            memory_path(settings).unlink(missing_ok=True)


def _wait(simulation: Simulation, endpoint_url: str) -> int:
    simulation.wait_until_ready()
    environment = " ".join(f"{name}={ENVIRONMENT[name]}" for name in _NEEDED)
    try:
        text = _CONNECT.format(environment=environment, endpoint_url=endpoint_url, table=TABLE, bucket=BUCKET)
        for line in safe_lines(text):
            output.print_line(line)
        simulation.wait()
    except KeyboardInterrupt:
        return ExitCode.OK
    simulation.check()
    return ExitCode.OK
