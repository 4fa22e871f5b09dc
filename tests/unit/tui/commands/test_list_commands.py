"""The declarations of the commands that list rows."""

import json
from typing import Any

import pytest

from store.times import utc_now
from tests.support.command_line import run
from tui.commands import failures, pools, ps, tasks
from tui.commands.listing import ListOptions
from tui.exit_status import ExitCode
from tui.settings import Settings

Captured = pytest.CaptureFixture[str]
MODULES = {"ps": ps, "tasks": tasks, "pools": pools, "failures": failures}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, ListOptions]]:
    """The settings and options that commands were called with."""
    found: list[tuple[Settings, ListOptions]] = []

    def take(settings: Settings, options: ListOptions) -> ExitCode:
        found.append((settings, options))
        return ExitCode.OK

    for module in MODULES.values():
        monkeypatch.setattr(module, "run", take)
    return found


@pytest.mark.parametrize("command", MODULES)
def test_each_command_takes_a_filter_and_the_flags_of_lists(command: str, asked: list[Any]) -> None:
    flags = ["-u", "amy", "--since", "1h", "-i", "--sort", "age:desc", "--no-headers", "--limit", "5"]
    flags += ["--color", "never", "-o", "wide", "--columns", "a,b"]
    assert run(command, "--table", "one", "state:failed", "ident:a b", *flags) == 0
    settings, options = asked.pop()
    assert (settings.user, settings.since.text) == ("amy", "1h")
    assert (options.filter, options.ended, options.sort) == ("state:failed ident:a b", True, "age:desc")
    assert (options.headers, options.limit, options.color) == (False, 5, "never")
    assert (options.output, options.columns, options.nested) == ("wide", "a,b", False)
    assert run(command, "--table", "one", "-o", "csv", "--fields", "id") == 0
    assert asked.pop()[1].fields == "id"


@pytest.mark.parametrize("command", MODULES)
def test_terms_that_exclude_need_no_double_dash(command: str, asked: list[Any]) -> None:
    """`-h` of `-host:` would print the help."""
    assert run(command, "-host:54.131", "--table", "one", "state:failing", "-user:amy", "--limit", "3") == 0
    options = asked.pop()[1]
    assert (options.filter, options.limit) == ("state:failing -host:54.131 -user:amy", 3)
    assert run(command, "--table", "one", "--", "-host:54.131", "-oom") == 0
    assert asked.pop()[1].filter == "-host:54.131 -oom"


@pytest.mark.parametrize("option", ["--limit 5", "--sort age", "--columns run", "--fields id", "--no-headers"])
def test_a_feed_has_no_flags_of_lists(option: str, capsys: Captured) -> None:
    assert run("failures", "--table", "one", "--follow", *option.split()) == ExitCode.USAGE
    assert f"--follow and {option.split(maxsplit=1)[0]} cannot be used together" in capsys.readouterr().err


def test_a_feed_has_no_end(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("REFLOWTOP_UNTIL", "5m")
    assert run("failures", "--table", "one", "--follow") == ExitCode.USAGE
    assert "--follow and REFLOWTOP_UNTIL cannot be used together" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "flag"), [("-u amy", "--user"), ("--since 1h", "--since")])
def test_named_runs_are_not_selected_again(option: str, flag: str, asked: list[Any], capsys: Captured) -> None:
    assert run("tasks", "--table", "one", "77aa01ff", *option.split()) == ExitCode.USAGE
    assert f"RUN and {flag} cannot be used together" in capsys.readouterr().err
    assert run("tasks", "--table", "one", "77aa01ff", "--since", "1h", "--until", "5m") == 0  # a window
    assert len(asked) == 1


def test_until_alone_sets_since(asked: list[Any]) -> None:
    def window(*args: str) -> tuple[float, float]:
        assert run("--table", "one", "ps", *args) == 0
        settings, now = asked.pop()[0], utc_now()
        return tuple(round((now - time.at(now)).total_seconds() / 60) for time in (settings.since, settings.until))

    assert window("--until", "5m") == (5, 5)
    assert window("--until", "5m", "--since", "20m") == (20, 5)
    assert run("--table", "one", "--since", "20m", "ps", "--until", "5m") == 0
    assert asked.pop()[0].since.text == "20m"


def test_words_that_are_ids_name_runs(asked: list[Any]) -> None:
    assert run("tasks", "--table", "one", "77aa01ff", "state:failed", "sha256:" + "AB" * 32, "0123456", "dead") == 0
    options = asked.pop()[1]
    assert options.names == ("77aa01ff", "sha256:" + "AB" * 32)
    assert options.filter == "state:failed 0123456 dead"


def test_flags_add_nested_rows(asked: list[Any], capsys: Captured) -> None:
    assert run("ps", "--table", "one", "--tasks", "-o", "ndjson") == 0
    assert run("pools", "--table", "one", "--allocs") == 0
    assert all(options.nested for _, options in asked)
    assert run("ps", "--table", "one", "--tasks") == ExitCode.USAGE
    assert "--tasks needs -o json or ndjson; `reflowtop tasks` lists tasks in any format" in capsys.readouterr().err


@pytest.mark.parametrize("command", MODULES)
def test_fields_columns_and_schema_are_shown_without_a_table(command: str, capsys: Captured) -> None:
    assert run(command, "--fields") == 0
    assert capsys.readouterr().out.split()[0] in ("id", "type")
    assert run(command, "--columns") == 0
    assert capsys.readouterr().out.split()[0] in ("run", "pool", "kind")
    assert run(command, "--schema") == 0
    assert json.loads(capsys.readouterr().out)["title"] == f"reflowtop {command} -o json"


@pytest.mark.parametrize("command", MODULES)
def test_the_schema_of_chosen_fields_requires_only_these(command: str, capsys: Captured) -> None:
    schemas = []
    for args in (["--schema", "--fields", "id"], ["--fields", "ID", "-o", "json", "--schema"]):
        assert run(command, *args) == 0
        schemas.append(json.loads(capsys.readouterr().out))
    assert schemas[0] == schemas[1]
    row = schemas[0]["$defs"][{"ps": "run"}.get(command, command.removesuffix("s"))]
    assert row["required"] == ["id"]
    assert set(row["properties"]) == ({"id", "tasks"} if command == "ps" else {"id"})
    assert run(command, "--schema", "--fields", "nope") == ExitCode.USAGE
    assert "--fields: no field 'nope'" in capsys.readouterr().err


@pytest.mark.parametrize("command", MODULES)
def test_help_has_examples(command: str, capsys: Captured) -> None:
    assert run(command, "--help") == 0
    out = capsys.readouterr().out
    assert out.count(f"  reflowtop {command} ") >= 3
    assert max(map(len, out.splitlines())) <= 80
