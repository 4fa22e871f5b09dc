"""Rows that changed since the user last looked: a line that counts them, and commands to go through them."""

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from store import Digest
from tui.lists.cells import NEW
from tui.screens.base.command_registry import Command, Group, grouped
from tui.screens.base.footer import key_part
from tui.screens.base.list_screen import ListScreen
from tui.text import durations, formats
from tui.watch.findings.unseen_changes import ChangeKind
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

# The user has seen a row on which the cursor stayed this long.
_SEEN_AFTER = timedelta(seconds=2)


def move_to_next(screen: ListScreen[Any], step: int) -> None:
    """Move the cursor to the next new row, or with -1 to the one before; from the last one to the first."""
    changes = screen.session.unseen_changes
    keys = [screen.key(row) for row in screen.table.rows_shown]
    indexes = [index for index, key in enumerate(keys) if key in changes]
    if not indexes:
        screen.show_error("nothing in this list has changed since you last looked")
        return
    ahead = [index for index in indexes[::step] if (index - screen.table.cursor) * step > 0]
    screen.table.move_to(keys[ahead[0] if ahead else indexes[::step][0]])


def mark_all_seen(screen: ListScreen[Any]) -> None:
    """Remove the mark from every new row."""
    changes = screen.session.unseen_changes
    said = "every change is marked as seen" if changes.counts() else "nothing has changed since you last looked"
    changes.mark_all_seen()
    screen.show()
    screen.show_message(said)


COMMANDS = grouped(
    Group.FIND,
    [
        Command(
            "next-new",
            "right_curly_bracket",
            "Next row that changed since you last looked",
            run=partial(move_to_next, step=1),
        ),
        Command("previous-new", "left_curly_bracket", "Previous row that changed", run=partial(move_to_next, step=-1)),
        Command("seen", "M", "Mark every change as seen", run=mark_all_seen),
    ],
)


class NewRowsLine(StatusLine):
    """The line above a list that counts the changes since the user last looked. Hidden while there are none."""

    def __init__(self) -> None:
        super().__init__(id="new-rows")
        self.display = False
        self._cursor: tuple[Hashable, datetime] | None = None  # the row under the cursor, and since when

    def tick(self, screen: ListScreen[Any], changes: Sequence[str]) -> None:
        """Show the `changes`, such as `2 runs failed`, and mark the row under the cursor as seen after a while."""
        self._see_cursor_row(screen)
        parts = _parts(screen, changes)
        self.display = bool(parts)
        self.show(parts)

    def _see_cursor_row(self, screen: ListScreen[Any]) -> None:
        session, row = screen.session, screen.table.cursor_row
        if row is None or not session.is_watched or screen.is_prompting:
            self._cursor = None
            return
        key, now = screen.key(row), session.live.now()
        if self._cursor is None or self._cursor[0] != key:
            self._cursor = key, now
        elif now - self._cursor[1] >= _SEEN_AFTER and isinstance(key, Digest):
            session.unseen_changes.mark_seen(key)


def _parts(screen: ListScreen[Any], changes: Sequence[str]) -> Sequence[Part]:
    session, since = screen.session, screen.session.unseen_changes.since
    if not changes or session.replay is not None or session.past is not None or since is None:
        return []
    commands = {command.name: command for command in screen.commands if command.keys}
    labels = {"next-new": "next", "seen": "seen"}
    age = durations.age(session.live.now() - since)
    return [
        Part(content(f"{NEW}since you last looked {age} ago: {', '.join(changes)}", "bold")),
        *(
            key_part(commands[name], label, priority)
            for priority, (name, label) in enumerate(labels.items(), 1)
            if name in commands
        ),
    ]


def describe(counts: Counter[ChangeKind], noun: str) -> list[str]:
    """Return `3 runs failed`, `2 ended` and so on, the most important change first."""
    kinds = [kind for kind in ChangeKind if counts[kind]]
    return [f"{formats.count(counts[kind], noun) if kind is kinds[0] else counts[kind]} {kind}" for kind in kinds]
