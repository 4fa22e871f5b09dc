"""Tables on a terminal and in a pipe."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task
from tests.support.sheets import column, sheet
from tui.export.formats.drawn_lines import plain_lines, terminal_lines, wide_lines
from tui.export.formats.sheet import Sheet
from tui.lists import runs as run_list
from tui.lists.columns import Cell, Column
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster


def runs(*rows: Any) -> Sheet[Any]:
    cluster = Cluster(NOW)
    cluster.add(rows)
    for run in list(cluster.runs):
        cluster.mark_complete(run.id, Changes())
    columns = run_list.columns(cluster, lambda: NOW, lambda: NOW)
    return Sheet(name="runs", rows=run_list.rows(cluster), columns=columns, id=str, record=dict, fields=[], zone="UTC")


TWO = (
    make_run(1, labels={"Name": "align", "project": "p1"}, start=ago(minutes=8)),
    make_task(1, 1, end=NOW),
    make_task(2, 1),
    make_run(2, user="bob", keepalive=ago(minutes=3), start=ago(minutes=9)),
    make_task(3, 2, end=NOW, err=OOM),
    make_alloc(),
    make_pool(),
)


def test_a_terminal_shows_the_table_of_the_dashboard() -> None:
    lines = list(terminal_lines(runs(*TWO), 126, headers=True, color=False))
    assert [line.split() for line in lines] == [
        [
            "RUN",
            "USER",
            "NAME",
            "/",
            "LABELS",
            "START",
            "UTC",
            "AGE",
            "STATE",
            "LEASE",
            "TASKS",
            "FAIL",
            "LOST",
            "POOLS",
        ],
        ["02020202", "bob", "-", "11:54", "9m", "◌", "stale", "expired", "3m", "×" * 10, "1/1", "1", "0", "0"],
        [
            *("01010101", "amy", "align", "project=p1", "11:55", "8m", "●", "running", "1m40s", "left", "━━━━━╌╌╌╌╌"),
            *("1/2", "0", "0", "1"),
        ],
    ]
    columns = {line.index(word) for line, word in zip(lines, ("STATE", "◌", "●"), strict=True)}
    assert len(columns) == 1
    assert list(terminal_lines(runs(*TWO), 126, headers=False, color=False)) == lines[1:]


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_table_fits_the_terminal(width: int) -> None:
    lines = list(terminal_lines(runs(make_run(1, labels={"Name": "x" * 500})), width, headers=True, color=False))
    assert max(map(len, lines)) <= width
    assert all(title in lines[0] for title in ("RUN", "USER", "NAME / LABELS", "AGE", "STATE", "TASKS", "FAIL", "LOST"))


def test_a_pipe_gets_a_word_for_each_column() -> None:
    lines = list(plain_lines(runs(*TWO), wide=False, headers=True, color=False))
    assert [" ".join(line.split()) for line in lines] == [
        "RUN USER NAME STARTED AGE STATE LEASE TASKS FAILED LOST POOLS COST HOURLY RETRIED ARGS BUNDLE",
        "02020202 bob - 2026-11-01T11:54:41Z 9m stale -3m00s 1/1 1 0 0 - - 0 - -",
        "01010101 amy align,project=p1 2026-11-01T11:55:41Z 8m running 1m40s 1/2 0 0 1 - - 0 - -",
    ]


def test_a_pipe_gets_whole_texts_in_columns_that_do_not_depend_on_rows() -> None:
    long = runs(make_run(1, labels={"Name": "x y" * 500}, args=("--a b", "c")))
    header, line = plain_lines(long, wide=False, headers=True, color=False)
    assert header.split() == next(iter(plain_lines(runs(*TWO), wide=False, headers=True, color=False))).split()
    assert "x_y" * 500 in line
    assert "--a_b_c" in line


def test_wide_has_the_columns_that_a_pipe_omits() -> None:
    row = {"id": "1", "b": "2"}
    columns = [column("id"), column("b", width=300, priority=1)]
    assert list(plain_lines(sheet(row, columns=columns), wide=False, headers=True, color=False)) == ["ID", "1"]
    for lines in (
        plain_lines(sheet(row, columns=columns), wide=True, headers=True, color=False),
        plain_lines(sheet(row, columns=columns, is_chosen=True), wide=False, headers=True, color=False),
        wide_lines(sheet(row, columns=columns), headers=True, color=False),
    ):
        assert list(lines) == ["ID  B", "1   2"]


def test_wide_shows_every_column_in_full() -> None:
    header, line = wide_lines(runs(make_run(1, labels={"Name": "x y" * 50}, start=NOW)), headers=True, color=False)
    assert "x y" * 50 in line
    assert header.index("BUNDLE") > 150


def test_colours_are_those_of_states() -> None:
    listed = runs(make_run(1))
    assert "\x1b[32m● running\x1b[0m" in "".join(terminal_lines(listed, 120, headers=True, color=True))
    assert "\x1b[32mrunning\x1b[0m" in "".join(plain_lines(listed, wide=False, headers=True, color=True))
    assert "\x1b[32m● running\x1b[0m" in "".join(wide_lines(listed, headers=True, color=True))


def test_secrets_in_arguments_are_masked() -> None:
    listed = runs(make_run(1, args=("--password", "hunter2")))
    for lines in (
        terminal_lines(listed, 250, headers=True, color=False),
        plain_lines(listed, wide=False, headers=True, color=False),
        wide_lines(listed, headers=True, color=False),
    ):
        text = "".join(lines)
        assert "hunter2" not in text
        assert "[redacted]" in text


def test_an_empty_list_has_only_titles() -> None:
    assert list(plain_lines(sheet(columns=[column("id")]), wide=True, headers=True, color=False)) == ["ID"]
    assert list(plain_lines(sheet(columns=[column("id")]), wide=True, headers=False, color=False)) == []


@given(st.text(), st.text())
def test_any_text_is_one_word_of_one_harmless_line(first: str, second: str) -> None:
    row = {"id": first, "b": second}
    (line,) = plain_lines(sheet(row), wide=True, headers=False, color=True)
    assert line.isprintable()
    assert len(line.split()) == 2
    columns: list[Column[Any]] = [Column("id", "ID", 3, lambda _: Cell("● up"), plain=lambda row: row["id"])]
    (line,) = plain_lines(sheet(row, columns=columns), wide=True, headers=False, color=False)
    assert len(line.split()) == 1
