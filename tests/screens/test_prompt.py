"""The command prompt, the palette, and the order of lists."""

import pytest
from textual.events import Key
from textual.widgets import Input

from tests.support.dashboard import Dashboard, cluster

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_user_command_shows_one_user_or_all(top: Dashboard) -> None:
    await top.press("u", "b", "tab", "enter")
    assert top.ids == [2]
    assert "user bob" in top.where
    await top.press("u", "ctrl+u", "enter")
    assert top.ids == [1, 3, 2]


async def test_command_prompt_completes_and_runs(top: Dashboard) -> None:
    await top.answer("colon", "user bob")
    assert top.ids == [2]
    await top.answer("colon", "us all")
    assert top.ids == [1, 3, 2]
    await top.answer("colon", "re")
    assert "'re' is ambiguous:" in top.lines[-2]
    await top.answer("ctrl+u", "pause now")
    assert "pause takes no argument" in top.lines[-2]
    await top.press("escape", "colon")
    await top.type("filter state:stale")
    await top.press("enter")
    assert top.ids == [3]


async def test_reverse_in_the_default_order_says_how_to_sort(top: Dashboard) -> None:
    await top.press("R")
    assert top.lines[-1] == " sorted worst first; > sorts by a column"
    assert top.ids == [1, 3, 2]


async def test_sorting_by_keys(top: Dashboard) -> None:
    await top.press("greater_than_sign")
    assert "RUN↑" in top.text
    assert top.ids == [1, 2, 3]
    await top.press("R")
    assert "RUN↓" in top.text
    assert top.ids == [3, 2, 1]
    await top.press("less_than_sign")
    assert top.ids == [1, 3, 2]
    for text, title, ids in [
        ("sort failed", "FAIL↓", [1, 3, 2]),
        ("sort failed asc", "FAIL↑", [3, 2, 1]),
        ("sort age", "AGE↓", [1, 3, 2]),
        ("sort run desc", "RUN↓", [3, 2, 1]),
    ]:
        await top.answer("colon", text)
        assert title in top.text
        assert top.ids == ids
    await top.press("0")
    assert "↓" not in top.text
    assert top.ids == [1, 3, 2]
    await top.press("F")
    assert "FAIL↓" in top.text
    await top.press("F")
    assert "FAIL↑" in top.text
    await top.answer("colon", "sort user")
    assert "USER↑" in top.text
    await top.answer("colon", "sort nothing")
    assert "no column 'nothing' to sort by" in top.text


async def test_the_palette_offers_the_commands_of_the_screen(top: Dashboard) -> None:
    await top.press("ctrl+p")
    await top.type("active runs")
    await top.until(lambda: "Show active runs only" in top.text)
    await top.press("enter")
    assert top.ids == [1, 3, 2, 4]


@pytest.mark.parametrize("keys", ["q", ":q space"])
async def test_keys_are_text_while_a_prompt_is_open(top: Dashboard, keys: str) -> None:
    await top.press("slash")
    await top.type(keys)
    assert top.app.is_running
    assert all(char.isprintable() for char in top.lines[-1])


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("alt+b x", "one two xthree"),
        ("alt+b alt+b alt+f x", "one two xthree"),
        ("alt+backspace", "one two "),
        ("ctrl+backspace ctrl+backspace", "one "),
        ("ctrl+w alt+backspace", "one "),
        ("home alt+d", "two three"),
        ("home ctrl+delete alt+delete", "three"),
        ("ctrl+a x ctrl+e y ctrl+b z", "xone two threezy"),
        ("ctrl+a ctrl+f ctrl+k", "o"),
        ("enter ctrl+u x ctrl+p", "one two three"),
        ("enter ctrl+u x enter ctrl+p ctrl+p ctrl+n", "x"),
    ],
)
async def test_keys_edit_the_prompt_as_a_shell_does(top: Dashboard, keys: str, text: str) -> None:
    await top.press("colon", *"one two three")
    for key in keys.split():
        top.app.post_message(Key(key, key[-1] if len(key) == 1 or (key.startswith("alt+") and len(key) == 5) else None))
    await top.settle()
    assert top.app.screen.query_one("#prompt-text", Input).value == text
    await top.press("escape")


async def test_earlier_inputs_can_be_recalled_on_another_screen(top: Dashboard) -> None:
    await top.press("colon", *"sort run", "enter")
    await top.press("enter", "colon", "up")
    assert top.lines[-1].startswith(" :sort run ")
    await top.press("escape", "slash", "up", "up")
    assert ":" not in top.lines[-1].split()[0], "filters have a history of their own"
    await top.press("escape", "escape", "0")


async def test_what_was_typed_comes_back_after_the_latest_input(top: Dashboard) -> None:
    await top.press("colon", *"sort run", "enter", "colon", *"us", "up", "up", "down")
    assert top.lines[-1].startswith(" :sort run ")
    await top.press("down")
    assert top.lines[-1].startswith(" :us ")
    await top.press("down", "up")
    assert top.lines[-1].startswith(" :sort run ")
    await top.press("escape", "0")


async def test_completions_that_do_not_fit_are_marked_and_scroll_to_the_chosen_one() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await top.press("colon", *"theme ")
        assert top.lines[-1].split()[1:] == ["reflowtop-dark", "reflowtop-light", "ansi", "…"]
        await top.press(*["tab"] * 3)
        assert top.lines[-1].split()[2:] == ["reflowtop-dark", "reflowtop-light", "ansi", "…"]
        await top.press("tab")
        _, chosen, first, *_, last = top.lines[-1].split()
        assert (first, last) == ("…", "…")
        assert chosen in top.lines[-1].split()[2:]
        await top.press("shift+tab")
        assert top.lines[-1].split()[1:] == ["ansi", "reflowtop-dark", "reflowtop-light", "ansi", "…"]
        await top.press("home", "shift+tab", "shift+tab", "shift+tab")
        _, chosen, first, *others = top.lines[-1].split()
        assert first == "…"
        assert others[-1] == chosen
        await top.pilot.resize_terminal(30, 24)
        await top.settle()
        assert top.lines[-1].split()[-2:] == ["…", "tokyo-night"]


async def test_the_cursor_of_a_prompt_stays_in_sight_when_the_terminal_is_resized() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await top.press("colon", *"theme and-a-long-text")
        for width, shown in ((30, ":long-text "), (80, ":theme and-a-long-text ")):
            await top.pilot.resize_terminal(width, 24)
            await top.settle()
            assert shown in top.lines[-1], width


@pytest.mark.parametrize(
    ("command", "label", "reason"),
    [
        ("window zzz", "window zzz", "'zzz' is not a time"),
        ("sort nothing", "sort nothing", "no column 'nothing' to sort by"),
        ("theme none", "theme none", "unknown theme 'none'"),
        ("filter age:>x", "/age:>x", "age: '>x' is not an amount"),
        ("tz Nowhere", "time zone Nowhere", "Nowhere"),
        ("state nosuch", "state nosuch", "state: 'nosuch' is not one of starting"),
        ("preview nosuch", "preview nosuch", "no size 'nosuch' of a preview"),
    ],
)
async def test_an_invalid_argument_of_a_command_can_be_corrected(
    top: Dashboard, command: str, label: str, reason: str
) -> None:
    await top.answer("colon", command)
    assert top.lines[-1].startswith(f" {label} ")
    assert reason in top.text
    await top.press("Q")
    assert top.app.is_running
    assert top.lines[-1].startswith(f" {label}Q ")
    await top.press("escape")
    assert "quit" in top.lines[-1]


async def test_a_corrected_argument_is_used(top: Dashboard) -> None:
    await top.answer("colon", "sort nothing")
    await top.press("ctrl+u", *"us", "tab", "enter")
    assert "USER↑" in top.text
    await top.press("0")


@pytest.mark.parametrize("first", ["slash", "colon", "u", "T", "w"])
async def test_a_prompt_shows_its_own_hint_after_another_prompt(top: Dashboard, first: str) -> None:
    hints = {
        "slash": "? help, text, state:",
        "colon": "a command, such as",
        "u": "amy  bob",
        "T": "like 20m ago",
        "w": "10m  1h",
    }
    for key, hint in hints.items():
        await top.press(first, "escape", key)
        assert hint in top.lines[-1], f"{key} after {first}"
        await top.press("escape")
