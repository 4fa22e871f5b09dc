"""The declarations of `help`, `completion`, and the hidden command that completion runs."""

import os
from datetime import UTC, datetime

import click

from tui import settings
from tui.commands import completion
from tui.commands import flags as shared
from tui.commands import help as help_texts
from tui.commands.help import HelpfulCommand


@click.command("completion", cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("shell", type=click.Choice(completion.SHELLS))
@click.pass_context
def print_completion(context: click.Context, /, shell: str) -> None:
    """Print the script that completes commands in a shell.

    It completes commands, flags, columns, users and the ids of live runs. Completion reads ids and users from the table
    at most every 30 seconds and keeps them in the cache folder.
    """
    completion.print_script(context.find_root().command, shell)


@click.command("refresh-completions", hidden=True)
@shared.add_options(*shared.TABLE)
@click.pass_context
def refresh_completions(context: click.Context, /, **flags: str | None) -> None:
    """Read the ids and users that shell completion offers."""
    completion.refresh(settings.load(shared.merge(context.obj, flags), os.environ, datetime.now(UTC)))


def _complete_topic(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return [topic for topic in help_texts.topics(_group(context)) if topic.startswith(incomplete)]


@click.command("help", cls=HelpfulCommand, epilog=shared.EPILOG)
@click.argument("topic", required=False, shell_complete=_complete_topic)
@click.pass_context
def show_help(context: click.Context, /, topic: str | None) -> None:
    """Print the long help of a command or a subject.

    TOPIC is a command, or a subject such as filter. Without TOPIC, print the list of commands. The long help adds exit
    statuses, environment variables and files to the options and examples of --help.
    """
    help_texts.show(_group(context), context.find_root(), topic)


def _group(context: click.Context) -> click.Group:
    group = context.find_root().command
    if not isinstance(group, click.Group):
        raise TypeError("the program has no commands")
    return group


COMMANDS = (show_help, print_completion, refresh_completions)
