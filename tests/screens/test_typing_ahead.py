"""Keys that are typed faster than they are looked at, as over a slow line: each means what it would mean alone."""

from collections.abc import Iterator

import pytest
from textual.events import Key, Paste

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import run_id
from tests.support.terminal import DASHBOARD, Terminal
from tests.terminal.test_copy_and_notify import DASHBOARD as ONE_RUN
from tui.screens.actions.routing import route_of
from tui.screens.base import routes as places

RUNS, ONE, TWO, THREE = places.RunsRoute(), *(places.RunRoute(run_id(number)) for number in (1, 2, 3))
ALL, POOLS, HELD = places.FindingsRoute(), places.PoolsRoute(), places.TimelineRoute(run_id(2))


CASES: list[tuple[tuple[str, ...], places.Route]] = [
    (("j", "enter"), THREE),
    (("j", "j", "enter"), TWO),
    (("j", "j", "k", "enter"), THREE),
    (("G", "enter"), TWO),
    (("enter", "escape", "G", "enter"), TWO),
    (("slash", *"bob", "enter", "enter"), TWO),
    (("slash", *"bob", "enter", "t"), HELD),
    (("slash", *"bbo", "left", "backspace", "end", "b", "enter", "enter"), TWO),
    (("slash", *"us", "tab", *"bob", "enter", "enter"), TWO),
    (("slash", *"bob", "escape", "enter"), ONE),
    (("slash", *"bob", "enter", "slash", "x", "escape", "enter"), TWO),
    (("u", *"bob", "enter", "enter"), TWO),
    (("colon", *"pools", "enter"), POOLS),
    (("colon", *"pools", "enter", "e"), ALL),
    (("colon", *"filter bob", "enter", "t"), HELD),
    (("colon", *"user", "enter", *"bob", "enter", "enter"), TWO),
    (("colon", *"nothing", "enter", "escape", "p"), POOLS),
    (("Y", "1", "e"), ALL),
    (("Y", "escape", "e"), ALL),
    (("Y", "j", "enter", "e"), ALL),
    (("question_mark", "escape", "e"), ALL),
    (("question_mark", "question_mark", "p"), POOLS),
    (("question_mark", "j", "q", "p"), POOLS),
    (("ctrl+p", "escape", "p"), POOLS),
    (("ctrl+p", *"pools", "enter"), POOLS),
    (("ctrl+p", *"FAILUX", "backspace", "r", "enter"), ALL),
    (("ctrl+p", "enter", "t"), places.TimelineRoute(run_id(1))),
    (("ctrl+p", *"zzzz", "enter", "escape", "p"), POOLS),
]


async def test_keys_are_handled_in_order() -> None:
    wrong = []
    async with Dashboard(cluster()).shown() as top:
        for keys, place in CASES:
            await top.start_over()
            for key in keys:
                top.app.post_message(Key("space", key) if key == " " else Key(key, None))
            await top.settle()
            await top.settle()
            if (reached := route_of(top.app.screen)) != place:
                wrong.append(f"{' '.join(keys)}: {reached} instead of {place}")
    assert not wrong, "\n".join(wrong)


ALT_CASES: list[tuple[tuple[str, ...], str, places.Route]] = [
    (("p",), "e", ALL),
    (("slash", *"bob", "enter"), "t", HELD),
    (("slash", *"bob"), "t", places.TimelineRoute(run_id(1))),
    (("e",), "G", RUNS),
]


async def test_escape_and_a_key_that_arrive_at_once_are_two_keys() -> None:
    async with Dashboard(cluster()).shown() as top:
        for keys, last, place in ALT_CASES:
            await top.start_over()
            await top.press(*keys)
            top.app.post_message(Key(f"alt+shift+{last.lower()}" if last.isupper() else f"alt+{last}", last))
            await top.settle()
            await top.settle()
            assert route_of(top.app.screen) == place, keys
            assert "has no function" not in top.text


async def test_alt_and_q_does_not_quit() -> None:
    async with Dashboard(cluster()).shown() as top:
        top.app.post_message(Key("alt+q", "q"))
        await top.settle()
        assert "press q again to quit" in top.text


async def test_alt_and_a_letter_can_be_chosen_as_a_key() -> None:
    async with Dashboard(cluster(), keys={"pools": ("alt+h",)}).shown() as top:
        top.app.post_message(Key("alt+h", "h"))
        await top.settle()
        assert route_of(top.app.screen) == POOLS


OPENING = ("enter", "b", "c", "d", "e", "l", "p", "t", "question_mark", "Y", "colon")


@pytest.mark.parametrize("opening", OPENING)
async def test_keys_wait_for_the_widgets_of_a_screen_that_opens(opening: str) -> None:
    top = Dashboard(cluster())
    async with top.app.run_test(size=(120, 36), notifications=True, tooltips=True):
        for key in (opening, "j", "d", "escape", opening, "Y", "escape", "l", "x", "enter"):
            top.app.post_message(Key(key, None))
        await top.settle()
        assert not top.app.failures


async def test_a_paste_is_complete_before_the_next_key() -> None:
    async with Dashboard(cluster()).shown() as top:
        top.ahead("slash")
        top.app.post_message(Paste("user:bob\n !state:stale\r\n"))
        top.ahead("enter", "t")
        await top.settle()
        assert route_of(top.app.screen) == HELD
        assert top.app.session.views[RUNS].filter.text == "user:bob !state:stale"


async def test_errors_appear_however_fast_the_input() -> None:
    async with Dashboard(cluster()).shown() as top:
        top.ahead("colon", *"xyz", "enter")
        await top.settle()
        assert "no command 'xyz'; ? lists them" in top.lines[-2]
        assert top.lines[-1].strip().startswith(":xyz")
        await top.press("backspace")
        assert "no command" not in top.text


async def test_errors_wrap_in_a_narrow_terminal() -> None:
    async with Dashboard(cluster()).shown(width=60, height=24) as top:
        top.ahead("w", *"xyz", "enter")
        await top.settle()
        assert "'xyz' is not a time; write it like 10m, 20m ago, 2h30m, 7d, 2026-11-01, 2026-11-01T02:10 or 02:10" in (
            " ".join(" ".join(top.lines[-3:-1]).split())
        )


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal("-c", ONE_RUN)
    try:
        yield terminal
    finally:
        terminal.end()


@pytest.mark.parametrize("enter", ["\r", "\n"])
def test_keys_typed_before_the_first_frame_count(enter: str, terminal: Terminal) -> None:
    terminal.press(f"/mql{enter}")
    terminal.wait_for(b"No row of 1 matches mql.")
    terminal.press("q")
    assert terminal.exit_code() == 0
    assert b"marked" not in terminal.output


def test_quit_works_before_the_first_frame() -> None:
    terminal = Terminal(*DASHBOARD)
    try:
        terminal.press("q")
        assert terminal.exit_code() in (0, 3)
    finally:
        terminal.end()
