"""`reflowtop demo`: a local service, a simulated cluster that writes to it, and a dashboard that reads from it."""

import os

import msgspec

from tui.demo.service import ENVIRONMENT, LocalService, ServiceError, isolate_aws_environment
from tui.demo.simulation import BUCKET, TABLE, Simulation
from tui.exit_status import ExitCode, print_stderr
from tui.settings import Settings
from tui.terminal import output
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
            if headless:
                return _wait(simulation, service.endpoint_url)
            from tui import app  # imports textual while the simulation starts

            simulation.wait_until_ready()
            demo_settings = msgspec.structs.replace(
                settings, table=TABLE, bucket=BUCKET, region=None, profile=None, endpoint_url=service.endpoint_url
            )
            code = app.run(demo_settings)
            simulation.check()
            return code or ExitCode.OK
    except ServiceError as error:
        print_stderr(str(error))
        return ExitCode.FAILED


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
