"""`reflowtop help`, and the help of every command."""

import re
import shlex

import click
import pytest

from tests.support.command_line import run
from tui import cli
from tui.commands import help as help_command
from tui.commands.examples import EXAMPLES, EXIT_STATUSES
from tui.exit_status import ExitCode
from tui.lists import legend
from tui.settings.fields import FIELDS

Captured = pytest.CaptureFixture[str]

COMMANDS = sorted(name for name, command in cli.reflowtop.commands.items() if not command.hidden)


def printed(capsys: Captured, *args: str) -> str:
    assert run(*args) == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


@pytest.mark.parametrize("command", ["ps", "describe"])
def test_an_option_without_its_value_names_the_help_of_its_command(command: str, capsys: Captured) -> None:
    assert run(command, "x", "-o") == ExitCode.USAGE
    assert capsys.readouterr().err == f"reflowtop: Option '-o' requires an argument; see reflowtop {command} --help\n"


def sections(text: str) -> list[str]:
    return re.findall(r"^(\w.*):$", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["reflowtop", *COMMANDS])
def test_every_command_has_examples_that_parse(name: str, capsys: Captured) -> None:
    assert EXAMPLES.get(name), f"add an example of `{name}` to tui/commands/examples.py"
    text = printed(capsys, *([] if name == "reflowtop" else [name]), "--help")
    for example in EXAMPLES[name]:
        assert f"  reflowtop {example.line}" in text
        command, *args = shlex.split(re.split(r" (?:&&|\|\||\||>) ", example.line)[0])
        with cli.reflowtop.make_context("reflowtop", [command, *args]) as context:
            if name != "reflowtop":
                assert command == name
                cli.reflowtop.commands[command].make_context(command, args, parent=context).close()


def test_every_example_is_of_an_existing_command() -> None:
    assert {*EXAMPLES} - {"reflowtop"} <= {*COMMANDS}
    assert {*EXIT_STATUSES} <= {*COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_long_help_contains_the_short_help_and_names_the_variables_of_the_options(name: str, capsys: Captured) -> None:
    short, long = printed(capsys, name, "--help"), printed(capsys, "help", name)
    found = sections(short)
    assert sections(long) == [*found, "Exit status", "Output", "Environment", "Files"]
    assert long.startswith(short[: short.index("Examples:")])
    assert all(len(line) <= 80 for line in short.splitlines() if not line.startswith("  reflowtop"))
    options = {parameter.name for parameter in cli.reflowtop.commands[name].params}
    variables = {field.variable for field in FIELDS if field.name in options}
    other = {"REFLOWTOP_CLUSTER", "REFLOWTOP_CONFIG", "REFLOWTOP_DEBUG"}
    assert set(re.findall(r"^  (REFLOWTOP_\w+) ", long, re.MULTILINE)) == variables | other


def test_long_help_names_variables_exit_statuses_and_files(capsys: Captured) -> None:
    text = printed(capsys, "help", "wait")
    assert re.search(r"^  REFLOWTOP_TABLE +the default of --table$", text, re.MULTILINE)
    assert "REFLOWTOP_THEME" not in text
    assert re.search(r"^  3 +timed out, and the state is unknown", text, re.MULTILINE)
    assert [int(code) for code in re.findall(r"^  (\d+)  ", text, re.MULTILINE)] == sorted(ExitCode)
    assert "/config.toml" in text
    dashboard = printed(capsys, "help", "settings")
    assert all(field.variable in dashboard for field in FIELDS if field.name not in ("until", "filter", "notify"))


def test_options_of_the_command_come_before_those_of_the_table(capsys: Captured) -> None:
    text = printed(capsys, "wait", "-h")
    assert sections(text)[:2] == ["Options", "Table"]
    assert text.index("--timeout") < text.index("Table:") < text.index("--table NAME")


def test_help_alone_is_the_list_of_commands_and_subjects(capsys: Captured) -> None:
    text = printed(capsys, "help")
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert text.endswith("Other subjects of `reflowtop help`: filter, states, time, exit-status.\n")


@pytest.mark.parametrize(
    ("subject", "words"), [("filter", "state:stale,lost"), ("time", "20m ago"), ("exit-status", "130")]
)
def test_subjects_that_are_no_commands(subject: str, words: str, capsys: Captured) -> None:
    assert words in printed(capsys, "help", subject)


def test_states_are_explained_by_the_legend_of_the_dashboard(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    text = " ".join(printed(capsys, "help", "states").split())
    for sign in legend.signs():
        assert f"{sign.label} {sign.meaning}" in text


def test_states_in_ascii(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert printed(capsys, "help", "states").isascii()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("help", "wiat"), "no help about 'wiat'; did you mean 'wait'? See reflowtop help --help"),
        (("help", "filtre"), "did you mean 'filter'?"),
        (("help", "xyz"), "no help about 'xyz'; there are "),
        (("wtach",), "No such command 'wtach'. Did you mean 'watch'?"),
        (("wait", "--intervall", "2h"), "No such option '--intervall'. Did you mean '--interval'? See reflowtop wait"),
    ],
)
def test_typos_get_the_nearest_name(args: tuple[str, ...], message: str, capsys: Captured) -> None:
    assert run(*args) == ExitCode.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("lines", "is_paged"), [(24, True), (500, False)])
def test_long_help_is_paged_on_a_terminal(
    lines: int, is_paged: bool, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    paged: list[str] = []
    monkeypatch.setenv("LINES", str(lines))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(click, "echo_via_pager", paged.append)
    text = printed(capsys, "help", "ps")
    assert bool(paged) is is_paged
    assert bool(text) is not is_paged


def test_filter_help_says_how_to_exclude_a_word_on_the_command_line(capsys: Captured) -> None:
    assert "a word that begins with a dash is an option: write '!oom', or -- -oom." in " ".join(
        printed(capsys, "help", "filter").split()
    )


def test_variables_are_those_of_settings(capsys: Captured) -> None:
    """`watch --until` and `logs --since` have other values."""
    assert "REFLOWTOP_UNTIL" not in printed(capsys, "help", "watch")
    assert "REFLOWTOP_SINCE" not in printed(capsys, "help", "logs")
    assert "REFLOWTOP_UNTIL" in printed(capsys, "help", "ps")


def test_long_help_is_not_paged_without_stdin(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", None)  # `reflowtop help ps <&-`
    assert "Exit status:" in printed(capsys, "help", "ps")


def test_topics_are_commands_and_subjects() -> None:
    assert {*help_command.topics(cli.reflowtop)} == {*COMMANDS, "filter", "states", "time", "exit-status"}
