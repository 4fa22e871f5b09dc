"""`--redact` on a world with a secret in every text: no command prints it, in none of its formats."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.hostile import command_line, commands, files, hostile_aws
from tests.hostile.world import make_db
from tui import cli, exit_status

SECRET = "Zq9hunter2x"
NUMBER = 1


def text(place: str) -> str:
    if place in ("pool id", "alloc id", "note id", "json region", "json type") or "resource" in place:
        return place  # names by services and of price lists are whole in tables
    return f"{place} --password {SECRET} token={SECRET}"


def choices(command: click.Command) -> list[str]:
    """Return the formats of a command, all but its default one."""
    (option,) = (each for each in command.params if "--output" in each.opts)
    assert isinstance(option.type, click.Choice)
    return [*option.type.choices]


def lines(scene: commands.Scene) -> Iterator[commands.Line]:
    """Yield the lines of each command that has `--redact`, without it, in each of its formats."""
    for name, command in cli.reflowtop.commands.items():
        if any("--redact" in each.opts for each in command.params):
            played = [line for line in commands.COMMANDS[name](scene) if "-o" not in line]
            for line in played or [[name]]:
                yield from ([*line, "-o", form] for form in choices(command))


@pytest.mark.slow
def test_no_command_prints_a_secret_in_any_format(tmp_path: Path) -> None:
    db, output, printed = make_db([text]), command_line.PtyOutput(), dict[str, str]()
    command_line.end_run(db, NUMBER)
    with files.environment(tmp_path), hostile_aws.serving(text) as url, command_line.on(db):
        recording = asyncio.run(files.write_recording(tmp_path / "recording", db, text))
        asyncio.run(files.write_home(tmp_path, db, text))
        scene = commands.Scene(db=db, folder=tmp_path, number=NUMBER, text=text, recording=recording, url=url)
        whole = set[str]()
        for line in lines(scene):
            for flags in ((), ("--redact",)):
                played = command_line.with_table([line[0], *flags, *line[1:]])
                with output.taken():
                    exit_status.run_command(cli.reflowtop, played)
                if flags:
                    printed[" ".join(played)] = output.text
                elif SECRET in output.text:
                    whole.add(line[0])
    left = {line: found[max(0, found.index(SECRET) - 80) :][:120] for line, found in printed.items() if SECRET in found}
    assert left == {}, left
    # Otherwise the test would prove nothing.
    assert {"ps", "tasks", "pools", "describe", "inspect", "watch", "note", "compare"} <= whole
    assert len(printed) > 60
