"""Pages and following of logs."""

from datetime import UTC, datetime

import pytest

from store import Cursor, DynamoTaskDB, Error
from store.logs.log import HEAD, follow
from tests.unit.store.conftest import Streams, reference


async def test_a_stream_is_followed_until_its_writer_has_ended(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("s", "a")
    log = await db.logs.open(await db.repository.put(reference("s")))
    later = iter([["b", "c"], [], ["d"], ["late"]])
    slept = 0

    async def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1
        await streams.write("s", *next(later), new=False)

    async def is_over() -> bool:
        return slept == 4

    seen = [page.data async for page in follow(log, HEAD, is_over, sleep=sleep)]
    assert seen == [b"a\n", b"b\nc\n", b"d\n", b"late\n"]


def test_a_cursor_needs_a_time_with_a_zone() -> None:
    assert Cursor.at(datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)).since == 1500
    with pytest.raises(Error, match="no time zone"):
        Cursor.at(datetime(2026, 11, 1, 12))
