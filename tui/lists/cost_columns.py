"""The cost columns of runs, tasks and pools."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.lists.columns import Cell, Column, R
from tui.text.safe import NONE

if TYPE_CHECKING:  # the first frame has no costs
    from tui.cost.amount import Amount
    from tui.cost.costs import Costs
    from tui.cost.spent import Spent

# Without prices, cost columns have the lowest priority.
_PRIORITY, _PRIORITY_UNPRICED = 5, 20
_PENDING = "…"


def cost_columns(
    costs: "Costs | None",
    spent: "Callable[[Costs, R], Spent | None]",
    is_whole: Callable[[R], bool] = lambda _: True,
) -> list[Column[R]]:
    """Return the columns `cost` and `hourly`: the cost of a row so far, and its growth per hour.

    `spent` returns the cost of a row, or None for rows without a cost of their own, such as allocs. Without `costs` all
    are unknown. A `+` marks rows with tasks that were not read.
    """

    def find(row: R) -> "Spent | None":
        return None if costs is None else spent(costs, row)

    def cost(row: R) -> Cell:
        found = find(row)
        if found is None:
            return Cell("" if costs is not None else NONE)
        from tui.cost.amount import short_text

        more = "" if is_whole(row) or not found.amount.is_known else "+"
        return Cell(_PENDING if found.is_pending else short_text(found.amount, NONE) + more)

    def hourly(row: R) -> Cell:
        found = find(row)
        if found is None:
            return Cell("" if costs is not None else NONE)
        from tui.cost.amount import short_text

        is_over = found.per_hour.is_known and not found.per_hour.pools
        return Cell(_PENDING if found.is_pending else NONE if is_over else short_text(found.per_hour, NONE))

    def key(amount: "Callable[[Spent], Amount]") -> Callable[[R], object]:
        def value(row: R) -> object:
            found = find(row)
            return None if found is None or not amount(found).is_known else amount(found).usd

        return value

    priority = _PRIORITY if costs is not None else _PRIORITY_UNPRICED
    return [
        Column("cost", "COST", 9, cost, key(lambda found: found.amount), priority, "right", has_letter=False),
        Column("hourly", "$/H", 8, hourly, key(lambda found: found.per_hour), priority + 1, "right", has_letter=False),
    ]
