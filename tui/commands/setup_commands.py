"""The declarations of `setup`, `demo`, `settings` and `doctor`."""

import os
from datetime import UTC, datetime

import click

from tui import settings
from tui.commands import dashboard
from tui.commands import flags as shared
from tui.commands.help import HelpfulCommand
from tui.settings import values


@click.command(cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("table")
@click.argument("bucket")
@shared.add_options(*shared.SERVICE)
@click.pass_context
def setup(context: click.Context, /, table: str, bucket: str, **flags: str | None) -> None:
    """Create TABLE with its indexes, and BUCKET.

    If they exist, add what they lack. It is safe to run this command again.
    """
    try:
        values.parse_table(table, datetime.now(UTC))
    except ValueError as error:
        raise click.UsageError(f"TABLE: {error}", context) from error
    resolved = shared.load(context.obj, flags, {"table": table, "bucket": bucket})
    from tui.commands import setup

    setup.run(resolved, table, bucket)


@click.command(
    "demo", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Show the dashboard on a simulated cluster."
)
@click.option("--headless", is_flag=True, help="Run only the cluster, and print how to connect to it.")
@click.option("--seed", metavar="N", type=int, default=1, show_default=True, help="Seed of the simulated cluster.")
@click.pass_context
def demo(context: click.Context, /, headless: bool, seed: int) -> int:
    """Show the dashboard on a simulated cluster.

    It needs `pip install 'reflowtop[demo]'`, and reads and writes nothing outside this machine.
    """
    if not headless:
        dashboard.require_terminal(context, "use --headless to run only the cluster")
    from tui.commands import demo
    from tui.demo.simulation import TABLE
    from tui.terminal import signals

    signals.limit_redraws_over_ssh(os.environ)
    # Ignore what the environment and the file say about a real table.
    resolved = settings.load({**context.obj, "table": TABLE}, os.environ, datetime.now(UTC), display_only=True)
    return demo.run(resolved, headless=headless, seed=seed)


@click.command("settings", cls=HelpfulCommand, epilog=shared.EPILOG)
@shared.add_options(*shared.DASHBOARD)
@shared.output_option("text", "json")
@click.option("--example", is_flag=True, help="Print an example configuration file instead.")
@click.pass_context
def show_settings(context: click.Context, /, output: str, example: bool, **flags: str | None) -> None:
    """Print the settings in effect and the origin of each."""
    from tui.commands import settings as command

    if example:
        if output == "json":
            raise click.UsageError("--example prints TOML: omit -o json", context)
        command.show_example()
        return
    resolved = settings.resolve(shared.merge(context.obj, flags), os.environ, datetime.now(UTC))
    command.show(resolved, as_json=output == "json")
    context.meta[dashboard.DISPLAY_CHECK](resolved.settings)


@click.command(
    "doctor", cls=HelpfulCommand, epilog=shared.EPILOG, short_help="Check terminal, credentials, permissions and reads."
)
@shared.add_options(*shared.DASHBOARD)
@shared.output_option("text", "json")
@click.pass_context
def doctor(context: click.Context, /, output: str, **flags: str | None) -> int:
    """Check what the dashboard needs: terminal, settings, credentials, table, permissions and logs.

    Try every operation that reflowtop uses; write nothing. Exit with 1 if there is a problem, with 3 if the service
    cannot be reached or denies access.
    """
    from tui.commands import doctor

    check_display = context.meta[dashboard.DISPLAY_CHECK]
    return doctor.run(shared.merge(context.obj, flags), check_display, as_json=output == "json")


COMMANDS = (setup, demo, show_settings, doctor)
