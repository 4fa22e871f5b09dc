"""Commands are imported when one is looked up."""

import sys

import click
import pytest

from tui.commands.lazy_commands import LazyCommands


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> click.Group:
    folder = tmp_path_factory.mktemp("modules")
    source = "import click\nCOMMANDS = [click.Command({0!r}), click.Command({1!r})]\n"
    (folder / "late_one.py").write_text(source.format("ps", "tasks"))
    (folder / "late_two.py").write_text(source.format("logs", "cat"))
    monkeypatch.syspath_prepend(folder)
    for name in ("late_one", "late_two"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return click.Group("program", commands=LazyCommands(["late_one", "late_two"]))


def test_adding_a_command_imports_nothing(group: click.Group) -> None:
    group.add_command(click.Command("watch"))
    assert not {"late_one", "late_two"} & set(sys.modules)


def test_all_commands_are_found_and_listed(group: click.Group) -> None:
    group.add_command(click.Command("watch"))
    context = click.Context(group)
    assert group.list_commands(context) == ["cat", "logs", "ps", "tasks", "watch"]
    assert [
        command is not None for name in ("cat", "watch", "no") for command in [group.get_command(context, name)]
    ] == [
        True,
        True,
        False,
    ]
    assert len(group.commands) == 5


def test_a_command_can_be_removed(group: click.Group) -> None:
    del group.commands["ps"]
    assert "ps" not in group.commands
    assert "tasks" in group.commands
