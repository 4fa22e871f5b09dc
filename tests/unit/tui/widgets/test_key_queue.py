"""Keys that arrive at once; tests/screens/test_typing_ahead.py has them on the whole dashboard."""

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.widgets import Input

from tui.widgets.key_queue import KeyQueueApp


class QueueApp(KeyQueueApp):
    """Records bindings, with an input that can have the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "note('down')", ""),
        Binding("enter", "note('open')", "", priority=True),
        Binding("i", "type", ""),
    ]
    AUTO_FOCUS = ""
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input()

    def action_note(self, name: str) -> None:
        self.notes.append(f"{name} {self.query_one(Input).value}".strip())

    def action_type(self) -> None:
        self.screen.set_focus(self.query_one(Input))


@pytest.mark.parametrize(
    ("keys", "notes", "typed"),
    [
        ("jj\r", ["down", "down", "open"], ""),
        ("ijk\r", ["open jk"], "jk"),
        ("i \r", ["open"], " "),
        ("x\rj", ["open", "down"], ""),
    ],
)
async def test_keys_that_arrive_at_once_are_handled_in_order(keys: str, notes: list[str], typed: str) -> None:
    app = QueueApp()
    async with app.run_test() as pilot:
        for key in keys:
            name = {"\r": "enter", " ": "space"}.get(key, key)
            app.post_message(Key(name, None if key == "\r" else key))
        for _ in range(3):
            await pilot.pause()
        assert (app.notes, app.query_one(Input).value) == (notes, typed)


async def test_a_typed_character_replaces_the_selection() -> None:
    app = QueueApp()
    async with app.run_test() as pilot:
        line = app.query_one(Input)
        line.value = "abc"
        line.focus()
        await pilot.pause()
        line.select_all()
        await pilot.press("x", "y", "backspace")
        assert line.value == "x"
