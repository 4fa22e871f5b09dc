"""The columns COST and $/H."""

from datetime import datetime
from decimal import Decimal

from store import Task
from tests.support.costs import host, make_costs, task
from tests.support.rows import NOW, ago, make_run
from tui.cost.costs import Costs
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column, layout


def clock() -> datetime:
    return NOW


def shown(costs: Costs | None, run: int = 1) -> list[str]:
    """The cells of a run."""
    cluster = make_costs(make_run(run)).cluster if costs is None else costs.cluster
    columns = run_list.columns(cluster, clock, clock, costs=costs)
    row = run_list.row(cluster, make_run(run))
    return [column.cell(row).text for column in columns if column.id in ("cost", "hourly")]


def test_a_run_has_its_cost_and_that_of_an_hour() -> None:
    assert shown(make_costs(host(end=None), make_run(1), task(1, 1, None))) == ["≤$0.25", "≤$0.25"]
    assert shown(make_costs(host(), make_run(1), task(1, 1, 0))) == ["≤$0.25", "-"]


def test_a_run_without_prices_has_no_cost() -> None:
    assert shown(make_costs(host(), make_run(1), task(1, 1, 0), listed=None)) == ["-", "-"]
    assert shown(None) == ["-", "-"]


def test_marks_of_costs_in_part() -> None:
    some = [host(), host("i-2", pool_type="x9.huge"), task(1, 1, 0), task(2, 1, 0, on="i-2")]
    assert shown(make_costs(*some, make_run(1))) == ["≤$0.25*", "-"]
    old = make_costs(*some, make_run(1, start=ago(days=2)))
    row = run_list.row(old.cluster, make_run(1, start=ago(days=2)))
    assert not row.is_counted
    (cost,) = (each for each in run_list.columns(old.cluster, clock, clock, costs=old) if each.id == "cost")
    assert cost.cell(row).text == "≤$0.25*+"


def test_a_cost_that_is_being_worked_out() -> None:
    costs = make_costs(host(), make_run(1), task(1, 1, 0))
    sliced = Costs(costs.cluster, costs.book, is_sliced=True)
    sliced.update()
    sliced._pools_left = 0
    assert shown(sliced) == ["…", "…"]


def test_pools_have_costs_and_allocs_have_none() -> None:
    costs = make_costs(host(end=None), host("i-2", end=None), make_run(1), task(1, 1, None))
    lines = pool_list.rows(costs.cluster, (), lambda _: True, lambda row: row.end is None)
    columns = {column.id: column for column in pool_list.columns(costs.cluster, clock, clock, costs)}
    assert [columns["cost"].cell(line).text for line in lines] == ["≤$1.00", "", "≤$1.00", ""]
    assert [columns["hourly"].cell(line).text for line in lines] == ["≤$0.50", "", "≤$0.50", ""]
    assert [columns["cost"].sort_key(line) for line in lines] == [1, 1, 1, 1]  # type: ignore[misc]
    without = {column.id: column for column in pool_list.columns(costs.cluster, clock, clock)}
    assert without["cost"].cell(lines[0]).text == "-"


def test_tasks_have_costs() -> None:
    done = task(1, 2, 1)
    costs = make_costs(host(), make_run(1), done)
    columns: dict[str, Column[Task]] = {
        column.id: column for column in task_list.columns(costs.cluster, clock, clock, costs=costs)
    }
    assert columns["cost"].cell(done).text == "≤$0.25"
    assert columns["cost"].sort_key is not None
    assert columns["cost"].sort_key(done) == Decimal("0.25")


def test_unknown_costs_are_sorted_last() -> None:
    costs = make_costs(make_run(1), task(1, 1, 0, on="i-gone"))
    (cost,) = (each for each in run_list.columns(costs.cluster, clock, clock, costs=costs) if each.id == "cost")
    assert cost.sort_key is not None
    assert cost.sort_key(run_list.row(costs.cluster, make_run(1))) is None


def test_costs_come_before_arguments_with_prices_only() -> None:
    costs = make_costs(host(), make_run(1), task(1, 1, 0))

    def ids(width: int, costs_: Costs | None) -> list[str]:
        columns = run_list.columns(costs.cluster, clock, clock, costs=costs_)
        return [place.column.id for place in layout(columns, 0, width)]

    assert {"cost", "hourly"} <= {*ids(136, costs)}
    assert "cost" not in ids(136, None)
    assert "cost" not in ids(80, costs)
