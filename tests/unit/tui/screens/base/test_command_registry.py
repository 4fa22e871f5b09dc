import pytest
from textual.actions import parse
from textual.binding import Binding

from tui.screens.base.command_registry import Command, displayed_keys, effective_commands, make_bindings, run_action


def run(screen: object, *arguments: str) -> None:
    pass


def test_commands_of_a_screen_override_names_and_keys() -> None:
    special = [Command("next", "n", "")]
    common = [Command("next", "N", ""), Command("new", "n,N", ""), Command("note", "n", "")]
    assert effective_commands([special, common]) == [
        Command("next", "n", ""),
        Command("new", "N", ""),
        Command("note", "", ""),
    ]


def test_one_key_of_several_can_be_taken() -> None:
    special, common = [Command("log", "l", "")], [Command("last", "l,L,end", "")]
    assert effective_commands([special, common])[1].key_list == ["L", "end"]


def test_a_command_does_not_take_its_own_keys() -> None:
    assert effective_commands([[Command("new", "n,n", "")]])[0].key_list == ["n", "n"]
    assert effective_commands([]) == []


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (Command("sort-by", "", ""), "screen.sort_by"),
        (Command("pause", "", "", action="app.pause"), "app.pause"),
        (Command("user", "", "", run=run), "screen.run('user')"),
        (Command("user", "", "", action="app.user", run=run), "screen.run('user')"),
    ],
)
def test_a_command_runs_its_function_its_action_or_that_of_its_name(command: Command, action: str) -> None:
    assert command.textual_action == command.action_with("") == action


@pytest.mark.parametrize("argument", ["bob", "it's", '"quoted"', "a,b) x(", "\\", "猫"])
def test_any_argument_reaches_its_command_unchanged(argument: str) -> None:
    function = Command("user", "", "", argument="NAME", run=run)
    assert parse(function.action_with(argument)) == ("screen", "run", ("user", argument))
    action = Command("filter", "", "", argument="TEXT")
    assert parse(action.action_with(argument)) == ("screen", "filter", (argument,))


def test_a_command_without_an_argument_ignores_one() -> None:
    assert Command("pause", "", "").action_with("x") == "screen.pause"


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("question_mark,f1", ["?", "f1"]),
        ("ctrl+p", ["^p"]),
        ("shift+tab,left", ["S-tab", "←"]),
        ("", []),
        ("comma,full_stop", [",", "."]),
        ("G", ["G"]),
    ],
)
def test_keys_are_shown_as_they_are_printed_on_a_keyboard(keys: str, shown: list[str]) -> None:
    assert displayed_keys(keys) == Command("x", keys, "").shown_keys == shown


def test_bindings_precede_those_of_widgets() -> None:
    commands = [Command("log", "l,L", "The log"), Command("hidden", "", "No key")]
    (binding,) = make_bindings(commands)
    assert isinstance(binding, Binding)
    assert (binding.key, binding.action, binding.description) == ("l,L", "screen.log", "The log")
    assert binding.priority
    assert not binding.show
    assert binding.id == "reflowtop.log"


@pytest.mark.parametrize("argument", ["", "state:failed", "it's", "') or app.quit('"])
def test_an_action_of_a_click_calls_the_command_with_its_argument(argument: str) -> None:
    assert parse(run_action("filter", argument)) == ("screen", "run", ("filter", argument) if argument else ("filter",))
