"""Pages and following of logs."""

from store import (
    DynamoTaskDB,
)
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
