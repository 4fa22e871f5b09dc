"""Pages that bring nothing, or do not come to an end."""

import itertools
from collections.abc import Iterable

import pytest

from store.dynamo.page_progress import PageProgress
from store.errors import Error, ErrorKind, FailureReason


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def progress(deadline: float | None = 300.0, clock: Clock | None = None) -> PageProgress:
    return PageProgress("dynamodb.Query", "t", deadline, clock or Clock())


def pages_until_error(names: Iterable[object], *, new: int = 0, items: int = 0, scanned: int = 0) -> int:
    """Return the number of pages that are read before the reads end with an Error INTEGRITY."""
    pages = progress()
    for number, name in enumerate(names):
        try:
            pages.next({"ID": {"S": str(name)}}, new=new, items=items, scanned=scanned)
        except Error as error:
            if error.kind is not ErrorKind.INTEGRITY:
                raise
            return number + 1
        assert number < 10_000, "the reads do not end"
    raise AssertionError("all pages were read")


@pytest.mark.parametrize("length", [1, 2, 3, 50])
def test_keys_in_a_circle_end_the_reads_after_one_round(length: int) -> None:
    assert pages_until_error(itertools.cycle(range(length)), new=1, items=1) == length + 1


def test_pages_for_which_nothing_was_scanned_end_the_reads_soon() -> None:
    assert pages_until_error(itertools.count()) == 20
    assert pages_until_error(itertools.count(), scanned=1) == 20


def test_pages_of_known_rows_end_the_reads() -> None:
    assert pages_until_error(itertools.count(), items=500, scanned=500) == 200


def test_a_filter_may_drop_all_rows_of_thousands_of_pages() -> None:
    assert pages_until_error(itertools.count(), scanned=3000) == 5000


def test_a_key_without_columns_is_no_key() -> None:
    with pytest.raises(Error, match="earlier page"):
        progress().next({}, new=1, items=1, scanned=1)


def test_new_rows_are_read_until_the_deadline() -> None:
    clock = Clock()
    pages = progress(300.0, clock)
    for number in range(10_000):
        pages.next({"ID": {"S": str(number)}}, new=1, items=1, scanned=1)
    clock.time = 300.0
    with pytest.raises(Error, match="gave up after 10001 pages") as raised:
        pages.next({"ID": {"S": "last"}}, new=1, items=1, scanned=1)
    assert raised.value.reason is FailureReason.TIMEOUT


def test_a_read_without_a_deadline_goes_on() -> None:
    clock = Clock()
    pages = progress(None, clock)
    clock.time = 1e9
    key = {"ID": {"S": "x"}}
    assert pages.next(key, new=1, items=1, scanned=1) is key
