"""Locations of logs and objects."""

from pathlib import Path

from store import (
    Digest,
    DynamoTaskDB,
    MemoryTaskDB,
    Output,
    Task,
)
from tests.unit.store.conftest import BUCKET


async def test_locations_of_objects(db: DynamoTaskDB, local: MemoryTaskDB, tmp_path: Path) -> None:
    digest = await db.repository.put(b"hello\n")
    await local.repository.put(b"hello\n")
    assert (await db.logs.open(digest)).location.uri == f"s3://{BUCKET}/objects/{digest}"
    assert (await local.logs.open(digest)).location.uri == f"{tmp_path}/objects/{digest}"


async def test_the_region_of_a_place() -> None:
    async with DynamoTaskDB.open("reflow", "b", region="eu-west-1") as db:
        assert db.repository.location(Digest.compute(b"x")).region == "eu-west-1"
        log = await db.logs.open_output(Task(uri="h/a/e"), Output.STDERR)
    assert log.location == ("logs", "reflow", "a/e/stderr", "eu-west-1")
