"""Rows and objects found by a prefix of their id."""

import pytest

from store import (
    Error,
    ErrorKind,
    Pool,
    Resources,
    RunID,
    StringDigest,
)
from store.digest import DigestPrefix
from tests.support.log_world import TASK, LogWorld
from tui.query.id_prefix import find, find_object, find_rows


@pytest.mark.parametrize("text", ["4f2a91c0", "4F2A91C00", "sha256:4f2a91c000", str(TASK)])
async def test_row_is_found_by_a_prefix_of_its_id(text: str, world: LogWorld) -> None:
    assert (await find(world.db, text)).id == TASK


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4f2a91c", ErrorKind.INVALID),
        ("4f2a91cx", ErrorKind.INVALID),
        ("md5:4f2a91c0", ErrorKind.INVALID),
        ("0" * 65, ErrorKind.INVALID),
        ("4f2a91c01", ErrorKind.NOT_EXIST),
        ("4f2a91c1", ErrorKind.NOT_EXIST),
    ],
)
async def test_invalid_and_unknown_ids_are_errors(text: str, kind: ErrorKind, world: LogWorld) -> None:
    with pytest.raises(Error) as raised:
        await find(world.db, text)
    assert raised.value.kind is kind


async def test_ambiguous_prefix_is_an_error(world: LogWorld) -> None:
    other = RunID.parse("4f2a91c0" + "f" * 56)
    await world.db.create_run(other, "bob")
    with pytest.raises(Error, match=f"ambiguous id prefix of run {other}, task {TASK}: give more digits") as raised:
        await find(world.db, "4f2a91c0")
    assert raised.value.kind is ErrorKind.INVALID, "which ends with 2"
    assert (await find(world.db, "4f2a91c0f")).id == other


@pytest.mark.parametrize("digits", ["abcdef00", "abcdef0000", "abcd0000", "00000000"])
async def test_trailing_zeros_of_a_prefix_are_significant(digits: str, world: LogWorld) -> None:
    id = RunID.parse(digits + "0" * (63 - len(digits)) + "1")
    await world.db.create_run(id, "amy")
    await world.db.create_run(RunID.parse("abcdef12" + "1" * 56), "amy")
    assert (await find(world.db, digits)).id == id


async def test_object_is_found_by_a_prefix_of_its_digest(world: LogWorld) -> None:
    digest = await world.repository.put(b"hello")
    assert await find_object(world.db, digest.hex[:9]) == digest
    with pytest.raises(Error):
        await find_object(world.db, "00000000")


@pytest.mark.parametrize("text", ["", "abcdef", "sha256:abcdef0"])
def test_prefix_needs_8_digits(text: str) -> None:
    with pytest.raises(Error, match="fewer than 8 hex digits"):
        DigestPrefix.parse(text)


async def test_rows_of_every_type_are_found_by_a_prefix(world: LogWorld) -> None:
    other = RunID.parse("4f2a91c0" + "f" * 56)
    await world.db.create_run(other, "bob")
    assert [row.id for row in await find_rows(world.db, "4f2a91c0")] == [other, TASK]
    assert [row.id for row in await find_rows(world.db, "4f2a91c0f")] == [other]
    assert await find_rows(world.db, "abababab") == []


async def test_pools_and_allocs_are_found_by_both_ids(world: LogWorld) -> None:
    pool, alloc = StringDigest("i-0abc"), StringDigest("host/a1")
    await world.db.start_pool(Pool(pool_id=pool))
    await world.db.start_alloc(alloc, pool.digest, Resources())
    for id in (pool, alloc):
        for text in (str(id), id.digest.hex[:9], str(id.digest)):
            assert [row.id for row in await find_rows(world.db, text)] == [id.digest]
    assert await find_rows(world.db, "i-0ab") == []
