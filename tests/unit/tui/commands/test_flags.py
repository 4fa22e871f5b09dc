"""The flags that commands share."""

import json

import click
import pytest

from tui import cli
from tui.commands.flags import merge, output_option
from tui.exit_status import run_command
from tui.settings.fields import FIELDS, Field
from tui.text.json_text import json_text

WITH_OWN_FLAGS = {"until", "filter", "mouse", "notify"}


def test_later_layers_win_unless_unset() -> None:
    assert merge({"table": "a", "user": "amy"}, {"table": "b", "user": None}) == {"table": "b", "user": "amy"}
    assert merge({}, {"table": None}) == {}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_setting_is_a_flag_of_the_dashboard(field: Field) -> None:
    flags = {option for parameter in cli.reflowtop.params for option in parameter.opts}
    assert field.name in WITH_OWN_FLAGS or field.flag in flags
    assert "--no-mouse" in flags


def commands(group: click.Group) -> dict[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def formats(command: click.Command) -> set[str]:
    types = (option.type for option in command.params if "--output" in option.opts)
    return {choice for each in types if isinstance(each, click.Choice) for choice in each.choices}


def test_every_command_with_output_for_programs_can_mask_it() -> None:
    machine = {name for name, command in commands(cli.reflowtop).items() if formats(command) & {"json", "ndjson"}}
    assert {"watch", "wait", "failures", "ps", "note", "settings", "doctor", "compare", "replay-rules"} <= machine
    flags = {name: {flag for each in commands(cli.reflowtop)[name].params for flag in each.opts} for name in machine}
    assert {name for name, of in flags.items() if "--redact" not in of} == set()


def test_redact_masks_all_json_of_one_command_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @output_option("text", "json")
    def command(output: str) -> None:
        click.echo(json_text({"args": ["--password", "hunter2x"], "note": "token=hunter2x", "count": 3}))

    for flags, is_whole in ((["--redact"], False), ([], True), (["--redact"], False)):
        run_command(command, flags)
        written = capsys.readouterr().out
        assert ("hunter2x" in written) is is_whole
        assert json.loads(written)["count"] == 3
