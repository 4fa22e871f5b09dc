"""Which columns there are in how wide a terminal: more room brings more of them, and none that matters goes first."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from tests.support.readme_blocks import ROOT
from tests.support.rows import NOW
from tui.lists import (
    findings as finding_list,
)
from tui.lists import (
    idents as ident_list,
)
from tui.lists import (
    pools as pool_list,
)
from tui.lists import (
    runs as run_list,
)
from tui.lists import (
    tasks as task_list,
)
from tui.lists.columns import GAP, Column, layout
from tui.watch.model.cluster import Cluster
from tui.widgets.table_line import LEFT, RIGHT

CLUSTER = Cluster(NOW)
LISTS: dict[str, Sequence[Column[Any]]] = {
    "runs": run_list.columns(CLUSTER, lambda: NOW, lambda: NOW),
    "tasks": task_list.columns(CLUSTER, lambda: NOW, lambda: NOW),
    "tasks of several runs": [
        *task_list.run_columns(CLUSTER),
        *task_list.columns_of_runs(task_list.columns(CLUSTER, lambda: NOW, lambda: NOW)),
    ],
    "idents": ident_list.columns(lambda: NOW),
    "pools": pool_list.columns(CLUSTER, lambda: NOW, lambda: NOW),
    "findings": finding_list.columns(CLUSTER, lambda: NOW),
}
# What has to be there in a pane of 80, and what comes last.
NEEDED = {
    "runs": {"run", "user", "name", "age", "state", "tasks", "failed", "lost"},
    "tasks": {"task", "ident", "state", "took", "error", "host"},
    "tasks of several runs": {"task", "user", "ident", "state", "error", "host"},
    "idents": {"ident", "state", "tasks", "failed", "running", "expired", "longest"},
    "pools": {"pool", "state", "tasks", "failed", "cpu", "mem", "alloc"},
    "findings": {"id", "kind", "count", "first", "last", "why"},
}


def shown(columns: Sequence[Column[Any]], width: int) -> list[str]:
    return [each.column.id for each in layout(columns, LEFT, width - LEFT - RIGHT)]


@pytest.mark.parametrize("name", LISTS)
def test_more_room_brings_more_columns_and_never_wider_gaps(name: str) -> None:
    columns, before = LISTS[name], 0
    for width in range(20, 320):
        places = layout(columns, LEFT, width - LEFT - RIGHT)
        assert len(places) >= before
        before = len(places)
        for left, right in pairwise(places):
            assert right.x == left.x + left.width + GAP
        assert width < 40 or places[-1].x + places[-1].width <= width - RIGHT
    assert before == len(columns)


@pytest.mark.parametrize("name", LISTS)
def test_essential_columns_fit_a_narrow_pane(name: str) -> None:
    assert NEEDED[name] <= set(shown(LISTS[name], 80))


def test_state_and_failed_flows_of_runs_are_the_last_to_go() -> None:
    assert shown(LISTS["runs"], 60) == ["run", "user", "name", "state", "failed", "lost"]
    assert shown(LISTS["runs"], 40) == ["run", "user", "state", "failed"]
    assert shown(LISTS["runs"], 32) == ["run", "state", "failed"]


def test_the_owner_of_a_run_is_shown_in_the_past_too() -> None:
    past = Cluster(NOW)
    past.outcomes = {}
    columns = run_list.columns(past, lambda: NOW, lambda: NOW)
    assert shown(columns, 80) == ["run", "user", "name", "state", "later", "tasks", "failed", "lost"]
    assert shown(columns, 60) == ["run", "user", "state", "later", "failed", "lost"]


def test_wide_terminals_show_more_columns() -> None:
    assert {"args", "bundle", "retried"}.isdisjoint(shown(LISTS["runs"], 120))
    assert {"args", "bundle", "retried", "pools", "progress"} <= set(shown(LISTS["runs"], 166))
    assert {"task", "attempt", "started", "ended"} <= set(shown(LISTS["tasks"], 120))
    assert "eta" not in shown(LISTS["tasks"], 120)
    assert {"eta", "type", "lease"} <= set(shown(LISTS["tasks"], 160))
    assert {"pool", "requested", "alloc", "type", "lease"} <= set(shown(LISTS["tasks"], 213))


def test_tasks_keep_their_id_and_error_at_60_columns() -> None:
    assert shown(LISTS["tasks"], 60) == ["task", "ident", "state", "took", "error"]
    assert shown(LISTS["tasks of several runs"], 60) == ["user", "task", "ident", "state", "error"]


def test_digests_come_after_what_matters_more() -> None:
    digests = {"run", "alloc", "stdout", "stderr", "inspect"}
    for name in ("tasks", "tasks of several runs"):
        for width in range(60, 120):
            assert digests.isdisjoint(shown(LISTS[name], width)) or "ended" in shown(LISTS[name], width)
        assert digests.isdisjoint(shown(LISTS[name], 80))
        places = layout(LISTS[name], LEFT, 120 - LEFT - RIGHT)
        widths = {column.id: width for column, _, width in places}
        assert widths["ident"] >= 16
        assert widths["error"] >= 24


@pytest.mark.parametrize("name", LISTS)
def test_every_column_has_a_name_of_its_own_and_most_can_be_sorted_by(name: str) -> None:
    columns = LISTS[name]
    assert len({column.id for column in columns}) == len(columns)
    assert sum(column.sort_key is not None for column in columns) > len(columns) / 2


@pytest.mark.parametrize("name", LISTS)
def test_the_guide_says_from_which_width_lists_have_the_column_eta(name: str) -> None:
    guide = (ROOT / "README.md").read_text("utf-8")
    said = re.search(r"Tasks of a run have the column from (\d+) cells up, and tasks of several runs from (\d+)", guide)
    assert said is not None
    widths = {"tasks": int(said[1]), "tasks of several runs": int(said[2])}
    first = next((width for width in range(20, 400) if "eta" in shown(LISTS[name], width)), None)
    assert first == widths.get(name)
