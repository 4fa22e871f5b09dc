"""A screen that is a list: filtered, sorted, searched, and found again as it was left."""

import contextlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

from tui.lists.columns import Column, select_columns
from tui.query import filter as filters
from tui.query.filter import Fields, Filter, FilterError
from tui.screens.base import status_texts as words
from tui.screens.base.command_registry import Command
from tui.screens.base.question import Question
from tui.screens.base.session import Session, View
from tui.screens.base.watching import WatchingScreen
from tui.widgets.content import content
from tui.widgets.status_line import Part
from tui.widgets.table import Table
from tui.widgets.table_line import no_marks

R = TypeVar("R")

# Known values are looked for in so many rows.
_SEARCHED = 2000

FINDING = (
    Command("filter", "slash", "Only what matches: text, user:amy, state:stale, age:>1h …", "filter", "FILTER"),
    Command("mark", "f", "Only mark what matches, or hide the rest again"),
    Command("next", "n", "Next match", action="screen.match(1)"),
    Command("previous", "N", "Previous match", action="screen.match(-1)"),
    Command("sort", "greater_than_sign", "Sort by the next column", takes="COLUMN"),
    Command("sort-back", "less_than_sign", "Sort by the column before", action="screen.sort_step(-1)"),
    Command("reverse", "R", "The other way round"),
)


class ListScreen(WatchingScreen, Generic[R]):
    """A list of rows of type `R`. What is selected stays selected, by its key."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = FINDING
    MOVES = Table.BINDINGS
    LIST: ClassVar[str] = ""
    """What the list is called where its columns are chosen; nothing if they cannot be."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._matches: Sequence[R] = ()
        self.known: Sequence[R] = ()
        """All rows, also those that the filter hides, as they were shown last."""

    # What a list consists of

    def columns(self) -> Sequence[Column[R]]:
        """Its columns."""
        raise NotImplementedError

    def key(self, row: R) -> Hashable:
        """What tells a row from others."""
        raise NotImplementedError

    def rows(self) -> Sequence[R]:
        """Its rows, in their own order."""
        raise NotImplementedError

    def fields(self) -> Fields[R]:
        """What a filter can ask of them."""
        raise NotImplementedError

    def nothing(self) -> Content:
        """What is said when there are none."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the row under the cursor."""
        raise NotImplementedError

    def explain(self) -> None:
        """Say more of the row under the cursor."""

    def summarize(self) -> None:
        """Say what the rows shown add up to."""

    def compose_below(self) -> Iterable[Widget]:
        """What stands below the list."""
        return ()

    # Showing it

    def compose_body(self) -> Iterable[Widget]:
        """The list, and what is below it."""
        table = Table(self.chosen_columns(), self.key)
        self._columns_of = self.session.cluster
        if self.view.sorted_by is not None:
            with contextlib.suppress(KeyError):
                table.sort(*self.view.sorted_by)
        yield table
        yield from self.compose_below()

    def chosen_columns(self) -> Sequence[Column[R]]:
        """Its columns, or those of them that the settings name."""
        return select_columns(self.columns(), self.session.settings.columns.get(self.LIST, ()))

    @property
    def table(self) -> Table[R]:
        """The list."""
        return self.query_one(Table)

    @property
    def view(self) -> View:
        """How the list was left last time."""
        return self.session.views[self.place]

    def show(self) -> None:
        """Show the rows that are known now, and match."""
        self.known = self.rows()
        self._show_known()
        super().show()

    def _show_known(self) -> None:
        view, table = self.view, self.table
        if self._columns_of is not self.session.cluster:
            self._columns_of = self.session.cluster
            table.set_columns(self.chosen_columns())
        matching = self.known
        if view.filter:
            matches = view.filter.matcher(self.fields())
            matching = [row for row in self.known if matches(row)]
        self._matches = matching
        table.marks = view.filter.marks if view.filter else no_marks
        table.empty = self._empty() if self.session.poller.status.as_of is not None else self.nothing()
        selected = view.selected
        table.set_rows(matching if view.hides else self.known)
        if selected is not None and view.selected is selected:
            table.move_to(selected)
        self.summarize()
        self.explain()

    def _empty(self) -> Content:
        view = self.view
        if self.known and view.filter and view.hides:
            return content(
                f"None of {len(self.known)} matches {view.filter.text}. Key / changes the filter, esc drops it."
            )
        return self.nothing()

    def tick(self) -> None:
        """Bring ages up to date."""
        super().tick()
        table, poller = self.table, self.session.poller
        table.stale = words.is_old(poller.status, poller, self.session.clock())
        table.tick()
        self.view.sorted_by = table.sorted_by

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """The filter, and how many match."""
        view = self.view
        if not view.filter:
            return (), ()
        return [Part(content(f"/{view.filter.text}", "bold $accent", 60))], [
            Part(content(f"{len(self._matches)} of {len(self.known)} match"))
        ]

    def on_screen_suspend(self) -> None:
        """Remember from which row one goes on to another screen."""
        if (row := self.table.cursor_row) is not None:
            self.view.selected = self.key(row)

    def on_table_row_selected(self) -> None:
        """Open a row that is clicked."""
        self.action_open()

    def on_table_row_highlighted(self, event: Table.RowHighlighted[Any]) -> None:
        """Remember the row under the cursor, and say more of it."""
        # What is typed may yet bring back the row selected before.
        if event.row is not None and self.table.is_placed and not self.is_asking:
            self.view.selected = self.key(event.row)
        self.explain()

    # Filtering and searching

    def action_filter(self, text: str | None = None) -> None:
        """Ask for a filter, and show what it lets through as it is typed."""
        before = self.view.filter
        if text is not None:
            try:
                self._filter(text)
            except FilterError as error:
                self.complain(error)
            return

        def typing(text: str) -> None:
            with contextlib.suppress(FilterError):  # it is not whole yet
                self._filter(text)

        def cancelled() -> None:
            self.view.filter = before
            self.show()

        keys = " ".join(f"{key}:" for key in filters.KEYS if key in {**self.fields().texts, **self.fields().amounts})
        self.ask(Question("/", self._filter, f"text, {keys} !not", before.text, self._complete, typing, cancelled))

    def _filter(self, text: str) -> None:
        found = filters.parse(text)
        found.matcher(self.fields())
        self.view.filter = found
        self._show_known()  # what was read is read: 100,000 rows need not be put in order for every key
        self.tick()

    def _complete(self, text: str) -> list[str]:
        fields, rows = self.fields(), self.known

        def values(key: str) -> list[str]:
            get = fields.texts.get(key)
            return [] if get is None else sorted({value for row in rows[:_SEARCHED] for value in get(row) if value})

        return filters.complete(text, values)

    def action_mark(self) -> None:
        """Show all rows, what matches marked, or only what matches."""
        self.view.hides = not self.view.hides
        self.show()

    def action_match(self, step: int) -> None:
        """Move to the next row that matches, or the one before; from the last one to the first."""
        table = self.table
        matching = set(map(self.key, self._matches))
        found = (key for key in map(self.key, _around(table.rows_shown, table.cursor, step)) if key in matching)
        table.move_to(next(found, None))

    def action_back(self) -> None:
        """Drop the filter, else go back."""
        if self.view.filter:
            self.view.filter = Filter()
            self.show()
        else:
            super().action_back()

    # Sorting

    def action_sort(self, column: str | None = None) -> None:
        """Sort by the column with this title, or id; without one, by the next column."""
        if column is None:
            self.action_sort_step(1)
            return
        wanted = column.lower()
        columns = [each for each in self.chosen_columns() if each.sort_key]
        found = [each for each in columns if wanted in (each.id, each.title.lower())]
        if found:
            self.table.sort(found[0].id)
        else:
            sortable = ", ".join(each.id for each in columns)
            self.complain(ValueError(f"no column {column!r} to sort by; there are {sortable}"))
        self.tick()

    def action_sort_step(self, step: int) -> None:
        """Sort by the next column on screen, or the one before; beyond the last one, as rows come."""
        order = [None, *(column.id for column in self.table.columns_shown if column.sort_key)]
        now = self.table.sorted_by
        at = order.index(now[0]) if now is not None and now[0] in order else 0
        self.table.sort(order[(at + step) % len(order)])
        self.tick()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        if self.table.sorted_by is not None:
            column, reverse = self.table.sorted_by
            self.table.sort(column, not reverse)
            self.tick()


def _around(rows: Sequence[R], at: int, step: int) -> Iterator[R]:
    """All rows but that at `at`, which comes last: from the next one on, or the one before, and round."""
    return (rows[(at + step * away) % len(rows)] for away in range(1, len(rows) + 1))
