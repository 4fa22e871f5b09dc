import pickle

import msgspec
import pytest

from store import Error, ErrorKind, Run, RunQuery
from store.model import PoolRow, Rows, TimeFields
from tests.support.rows import NOW, ago, ahead, make_run, make_task


@pytest.mark.parametrize(
    ("row", "span"),
    [
        (TimeFields(), (None, None)),
        (TimeFields(start=ago(hours=1)), (ago(hours=1), None)),
        (TimeFields(start=ago(hours=1), keepalive=ahead(minutes=2)), (ago(hours=1), ahead(minutes=2))),
        (TimeFields(start=ago(hours=1), keepalive=ahead(minutes=2), end=NOW), (ago(hours=1), NOW)),
        (TimeFields(keepalive=NOW), (None, NOW)),
    ],
)
def test_a_row_is_known_to_live_until_its_end_or_its_lease(row: TimeFields, span: object) -> None:
    assert row.start_end() == span


@pytest.mark.parametrize("row", [make_run(1), make_task(1, 1), PoolRow(), RunQuery(since=NOW)])
def test_rows_and_queries_are_immutable_values(row: msgspec.Struct) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        setattr(row, row.__struct_fields__[0], None)
    assert msgspec.structs.replace(row) == row
    assert pickle.loads(pickle.dumps(row)) == row


def test_default_labels_are_not_shared() -> None:
    first, second = Run(), Run()
    first.labels["a"] = "1"
    assert second.labels == {}


def test_rows_are_a_list_with_errors_and_a_price() -> None:
    error = Error(ErrorKind.NET, "query")
    rows = Rows(iter([make_run(1), make_run(2)]), [error], 2.5)
    assert rows == [make_run(1), make_run(2)]
    assert (rows.errors, rows.consumed) == ([error], 2.5)
    assert (Rows().errors, Rows().consumed) == ([], 0)


def test_errors_of_rows_are_their_own_list() -> None:
    errors: list[Error] = []
    rows: Rows[Run] = Rows([], errors)
    errors.append(Error(ErrorKind.NET, "query"))
    assert rows.errors == []


def test_a_slice_of_an_incomplete_result_is_incomplete() -> None:
    error = Error(ErrorKind.UNAVAILABLE, "query")
    rows = Rows([Run(), Run(user="amy")], [error], consumed=2.5)
    assert rows[1].user == "amy"
    assert (rows[:1], rows[:1].errors, rows[:1].consumed) == ([Run()], [error], 2.5)
    copied = pickle.loads(pickle.dumps(rows))
    assert (copied, copied.errors, copied.consumed) == (rows, [error], 2.5)


def test_check_raises_what_makes_a_result_incomplete() -> None:
    assert Rows([Run()]).check() == [Run()]
    with pytest.raises(Error, match="unavailable"):
        Rows([Run()], [Error(ErrorKind.UNAVAILABLE, "query")]).check()


def test_equal_runs_have_one_hash() -> None:
    assert hash(Run(labels={"a": "1", "b": "2"})) == hash(Run(labels={"b": "2", "a": "1"}))
