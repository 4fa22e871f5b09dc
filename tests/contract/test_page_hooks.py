"""Exceptions of the `on_page` of `TaskDB.active` and of the handlers of `TaskDB.scan`: raised as they are."""

from datetime import UTC, datetime

import pytest

from store import Error, ErrorKind, Kind, SnapshotPage, TaskDB
from tests.contract.rows import live_run

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FULL = Error(ErrorKind.RESOURCES_EXHAUSTED, "keep rows", (), "the disk is full")


def caused() -> LookupError:
    error = LookupError("not found")
    error.__cause__ = ValueError("why")
    return error


@pytest.mark.parametrize("failure", [caused(), FULL])
async def test_an_exception_of_on_page_ends_the_pass(failure: Exception, db: TaskDB) -> None:
    await live_run(db, NOON)

    async def fail(page: SnapshotPage) -> bool:
        raise failure

    cause = failure.__cause__
    with pytest.raises(type(failure)) as raised:
        await db.active(NOON.replace(hour=11), NOON.replace(hour=13), on_page=fail)
    assert raised.value is failure
    assert raised.value.__cause__ is cause


@pytest.mark.parametrize("failure", [caused(), FULL])
async def test_an_exception_of_a_handler_keeps_its_cause(failure: Exception, db: TaskDB) -> None:
    await live_run(db, NOON)

    def fail(*association: object) -> None:
        raise failure

    cause = failure.__cause__
    with pytest.raises(type(failure)) as raised:
        await db.scan(Kind.ID, fail)
    assert raised.value is failure
    assert raised.value.__cause__ is cause
