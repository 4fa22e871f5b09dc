"""The base of screens that show a list: filter, search, order, and the state that is saved for the next time."""

import contextlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget

from tui.lists.columns import Column, select_columns
from tui.query import filter as filters
from tui.query.filter import Fields, Filter, FilterError
from tui.screens.actions.common import COMMON
from tui.screens.base import status_texts
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command, Group, grouped
from tui.screens.base.footer import Question, complete_from
from tui.screens.base.routes import Route
from tui.screens.base.session import Session, View
from tui.widgets import table_line
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine
from tui.widgets.table import Table

if TYPE_CHECKING:
    from tui.lists.sort_order import SortOrder

R = TypeVar("R")

ALL = "all"
_LEAST_LIST = 5  # lines of a list: its titles and four rows
LIST_COMMANDS = (
    Command("filter", "slash", "Show matching rows: text, user:amy, state:stale, age:>1h …", "filter", "FILTER"),
    Command("filter-help", "", "Explain filters on one page; also ? while a filter is typed"),
    Command("mark", "f", "Mark matching rows, or hide the others"),
    Command(
        "state",
        "s",
        "Show one state only; again: the next state",
        argument="STATE",
        completions=lambda screen: [*screen.states(), ALL],
    ),
    Command("next", "n", "Next match", action="screen.match(1)"),
    Command("previous", "N", "Previous match", action="screen.match(-1)"),
    Command(
        "sort",
        "greater_than_sign",
        "Sort by the next column; shift+letter: by its title",
        argument="COLUMN",
        completions=lambda screen: screen.orders(),
    ),
    Command("sort-back", "less_than_sign", "Sort by the previous column", action="screen.sort_step(-1)"),
    Command("unsort", "0", "Back to the default order: worst first", action="screen.sort('default')"),
    Command("reverse", "R", "Reverse sort"),
)


class ListScreen(BaseScreen, Generic[R]):
    """A list of rows of type `R`. The selected row stays selected, by its key."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (*grouped(Group.FIND, LIST_COMMANDS), *COMMON)
    MOVES = Table.MOVES
    LIST: ClassVar[str] = ""
    """The name of the list in the `columns` setting; empty if its columns cannot be chosen."""
    MOST_DETAILS: ClassVar[int] = 7
    """The lines of details below a list that fills its screen."""

    def __init__(self, session: Session, route: Route) -> None:
        super().__init__(session, route)
        self._matches: Sequence[R] = ()
        self.all_rows: Sequence[R] = ()
        """The rows shown last, with those that the filter hides."""

    # What a subclass defines

    def columns(self) -> Sequence[Column[R]]:
        """Return all columns of the list."""
        raise NotImplementedError

    def key(self, row: R) -> Hashable:
        """Return the key of a row, by which the cursor follows it."""
        raise NotImplementedError

    def rows(self) -> Sequence[R]:
        """Return the current rows in their default order."""
        raise NotImplementedError

    def fields(self) -> Fields[R]:
        """Return the fields that a filter can test."""
        raise NotImplementedError

    def empty_text(self) -> Content:
        """Return the text that an empty list shows."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the row under the cursor."""
        raise NotImplementedError

    def show_details(self) -> None:
        """Show more about the row under the cursor; called when it changes."""

    def show_summary(self) -> None:
        """Show statistics of the rows; called when they change."""

    def compose_above(self) -> Iterable[Widget]:
        """Yield the widgets above the list."""
        return ()

    def compose_below(self) -> Iterable[Widget]:
        """Yield the widgets below the list."""
        return ()

    # Showing it

    def compose_body(self) -> Iterable[Widget]:
        yield from self.compose_above()
        table = Table(self.chosen_columns(), self.key)
        table.show_sort_letters(self._keys_used())
        self._columns_of = self.session.cluster, self.session.costs
        if self.view.sorted_by is not None:
            with contextlib.suppress(KeyError):
                table.sort(*self.view.sorted_by)
        yield table
        yield from self.compose_below()

    def _keys_used(self) -> set[str]:
        keys = {key for command in self.commands for key in command.key_list}
        return keys | {key for move in self.moves if isinstance(move, Binding) for key in move.key.split(",")}

    def chosen_columns(self) -> Sequence[Column[R]]:
        """Return the columns that the settings name; all by default."""
        return select_columns(self.columns(), self.session.settings.columns.get(self.LIST, ()))

    @property
    def table(self) -> Table[R]:
        return self.query_one(Table)

    @property
    def view(self) -> View:
        """The saved state of the list."""
        return self.session.views[self.route]

    def show(self) -> None:
        """Show the current rows that match the filter."""
        self.all_rows = self.rows()
        self._show_matches()
        super().show()

    def _show_matches(self) -> None:
        view, table = self.view, self.table
        columns_of = self.session.cluster, self.session.costs
        if any(now is not before for now, before in zip(columns_of, self._columns_of, strict=True)):
            self._columns_of = columns_of  # the columns read from them
            table.set_columns(self.chosen_columns())
        self._matches = self.all_rows
        if view.filter:
            matches = view.filter.matcher(self.fields())
            self._matches = [row for row in self.all_rows if matches(row)]
        table.marks = view.filter.marks if view.filter else table_line.no_marks
        table.empty = self._empty_text()
        selected = view.selected
        table.set_rows(self._matches if view.hides else self.all_rows)
        if selected is not None and view.selected is selected:
            table.move_to(selected)
        self.show_summary()
        self.show_details()

    def _empty_text(self) -> Content:
        view = self.view
        if self.session.source.status.as_of is not None and self.all_rows and view.filter and view.hides:
            keys = f"{self.key_of('filter')} changes the filter, {self.key_of('back')} clears it"
            return content(f"No row of {len(self.all_rows)} matches {view.filter.text}. {keys}.")
        return self.empty_text()

    def problem(self) -> Content:
        """Return what is wrong with the data. While there is none, the reason stands in place of the rows instead."""
        session = self.session
        return super().problem() if session.has_data or session.replay is not None else Content()

    def tick(self) -> None:
        super().tick()
        table, source = self.table, self.session.source
        if not self.session.has_data:
            table.empty = self._empty_text()  # the time to the next attempt
        table.stale = status_texts.is_old(source.status, source, source.now())
        table.tick()
        self.view.sorted_by = table.sorted_by
        for details in self.query("#task, #why").results(Paragraph):
            details.limit(self.details_limit)

    @property
    def details_limit(self) -> int:
        """The most lines of details: more than `MOST_DETAILS` only if the list does not need them for its rows."""
        room = self.details_height
        return min(room, max(self.MOST_DETAILS, room + _LEAST_LIST - 1 - len(self.table.rows_shown)))

    @property
    def spare_height(self) -> int:
        """The lines that remain below a list of all rows, also of those that the filter hides."""
        return self.details_height - max(0, len(self.all_rows) + 1 - _LEAST_LIST)

    @property
    def details_height(self) -> int:
        """The lines that the list can spare for details of the row under the cursor."""
        lines = 1  # the footer
        for widget in self.children:
            if widget.display and widget.id not in ("task", "explanation", "why", "preview"):
                if isinstance(widget, StatusLine):
                    lines += 1
                elif isinstance(widget, Paragraph):
                    lines += widget.get_content_height(self.size, self.size, self.size.width - widget.gutter.width)
        return self.size.height - _LEAST_LIST - lines

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the filter, how many rows match it, and the order if no title shows it."""
        view, mode = self.view, list(self._hidden_order())
        if not view.hides:
            mode.append(Part(content(" mark mode ", "bold $accent reverse")))
        if not view.filter:
            return mode, ()
        return [*mode, Part(content(f"/{view.filter.text}", "bold $accent", 60))], [
            Part(content(f"{len(self._matches)} of {len(self.all_rows)} match"))
        ]

    def _hidden_order(self) -> Sequence[Part]:
        """The order by a column that does not fit on screen: elsewhere an arrow in the title shows it."""
        sorted_by, table = self.table.sorted_by, self.table
        if sorted_by is None or any(column.id == sorted_by[0] for column in table.columns_shown):
            return ()
        title = next((column.title for column in self.chosen_columns() if column.id == sorted_by[0]), sorted_by[0])
        return [Part(content(f"by {title}{table_line.arrow(reverse=sorted_by[1])}", "bold $accent", 30))]

    def on_screen_suspend(self) -> None:
        """Save the row under the cursor for when the user comes back."""
        if (row := self.table.cursor_row) is not None:
            self.view.selected = self.key(row)

    def on_table_row_selected(self) -> None:
        """Open a row that was clicked."""
        self.action_open()

    def on_table_row_highlighted(self, event: Table.RowHighlighted[Any]) -> None:
        """Save the row under the cursor, and show its details."""
        # Not while a filter is typed: its next character may bring back the row that was selected before.
        if event.row is not None and self.table.is_placed and not self.is_prompting:
            self.view.selected = self.key(event.row)
        self.show_details()
        self.show_keys()

    # Filter and search

    def action_filter(self, text: str | None = None) -> None:
        """Filter by `text`; without one, ask for it, and filter as it is typed."""
        before, row = self.view.filter, self.table.cursor_row

        def preview(text: str) -> None:
            if text.rpartition(" ")[2] == "?":  # no filter needs it there; quotes make it a text
                self.footer.replace_text(text[:-1])
                self.action_filter_help()
                return
            try:
                self.set_filter(text, is_partial=True)
            except FilterError as error:
                if not error.is_incomplete:
                    raise

        def submit(text: str) -> None:
            self.set_filter(text)
            if (row := self.table.cursor_row) is not None and not self.view.hides:
                self.view.selected = self.key(row)

        def restore() -> None:
            self.view.filter = before
            self.show()
            current = self.table.cursor_row
            if row is not None and current is not None and self.key(current) != self.key(row):
                self.table.move_to(self.key(row))

        fields = self.fields()
        hint = " ".join(("? help, text,", *(f"{key}:" for key in filters.KEYS if key in fields.keys)))
        self.ask(Question("/", submit, hint, before.text, self._complete_filter, preview, restore), text)

    def set_filter(self, text: str, *, is_partial: bool = False) -> None:
        """Show the rows that match `text`; `is_partial` while it is typed.

        Raises FilterError if it is not a filter of this list.
        """
        parsed = filters.parse(text, is_partial=is_partial)
        parsed.matcher(self.fields())  # raises FilterError for a field that the list lacks
        self.view.filter = parsed
        self._show_matches()  # not `show`: 100,000 rows need not be sorted again for every key
        self._move_to_first_match()
        self.tick()

    def action_filter_help(self) -> None:
        """Explain filters on one page."""
        from tui.screens.filter_help import FilterHelp

        fields = self.fields()
        self.app.push_screen(FilterHelp(fields.keys, fields.words))

    def action_state(self, name: str | None = None) -> None:
        """Show only the rows in one state, or all again; without a `name`, those in the next state of the list."""
        if "state" not in self.fields().texts:
            self.show_error("this list has no states")
            return

        def submit(name: str) -> None:
            steps = ["", *(filters.whole("state", state).text for state in ([name] if name else self.states()))]
            following = dict(zip(steps, [*steps[1:], ""], strict=True)).get(self.view.filter.text, steps[-1])
            self.set_filter("" if name == ALL else following)

        complete = complete_from(lambda: [*self.states(), ALL])  # not the hint: 50,000 rows take 0.1 s
        self.ask(Question("state ", submit, "a state, or all; tab completes", complete=complete), name or "")

    def states(self) -> list[str]:
        """Return the states of the rows; none if the list has no states."""
        get = self.fields().texts.get("state")
        return [] if get is None else list(dict.fromkeys(state for row in self.all_rows for state in get(row)))

    def orders(self) -> list[str]:
        """Return the ids of the columns that rows can be sorted by, and the word for the default order."""
        from tui.lists.sort_order import order_words  # not needed for the first frame

        return order_words(self.chosen_columns())

    def _complete_filter(self, text: str) -> list[str]:
        return filters.complete_from_rows(text, self.fields(), self.all_rows)

    def action_mark(self) -> None:
        """Show all rows with the matching ones marked, or only the matching ones."""
        self.view.hides = not self.view.hides
        self.show()
        self._move_to_first_match()

    def _move_to_first_match(self) -> None:
        """In mark mode, move the cursor to the first match, unless the user left it on another one."""
        table, row = self.table, self.table.cursor_row
        if self.view.hides or not self.view.filter or row is None:
            return
        matching = set(map(self.key, self._matches))
        if not (table.is_placed and self.key(row) in matching):
            table.move_to(next((key for key in map(self.key, table.rows_shown) if key in matching), None))

    def action_match(self, step: int) -> None:
        """Move to the next matching row, or with -1 to the one before; from the last one to the first."""
        table = self.table
        matching = set(map(self.key, self._matches))
        keys = (key for key in map(self.key, _around(table.rows_shown, table.cursor, step)) if key in matching)
        table.move_to(next(keys, None))

    def action_back(self) -> None:
        """Clear the filter; without one, close this screen."""
        if self.view.filter:
            self.view.filter = Filter()
            self.show()
        else:
            super().action_back()

    # Order

    def action_sort(self, text: str | None = None) -> None:
        """Sort by the column that `text` names, as `parse_order` reads it; without a `text`, by the next column."""
        if text is None:
            self.action_sort_step(1)
            return
        from tui.lists.sort_order import parse_order  # not needed for the first frame

        def submit(text: str) -> None:
            self._sort(parse_order(text, self.chosen_columns()))

        hint = "a column, then asc or desc; tab completes"
        self.ask(Question("sort ", submit, hint, complete=complete_from(self.orders)), text)

    def action_sort_step(self, step: int) -> None:
        """Sort by the next column on screen, or with -1 by the one before; after the last one, by the default order."""
        from tui.lists.sort_order import step_order

        self._sort(step_order(self.table.columns_shown, self.table.sorted_by, step))

    def action_reverse(self) -> None:
        """Reverse the order of the rows."""
        if self.table.sorted_by is not None:
            column, reverse = self.table.sorted_by
            self._sort((column, not reverse))
        else:
            self.show_error(f"sorted worst first; {self.key_of('sort')} sorts by a column")

    def _sort(self, order: "SortOrder | None") -> None:
        self.table.sort(*(order or (None,)))
        self.tick()


def _around(rows: Sequence[R], index: int, step: int) -> Iterator[R]:
    """Yield all rows in the direction of `step`, from the one after `index` round to that at `index`."""
    return (rows[(index + step * distance) % len(rows)] for distance in range(1, len(rows) + 1))
