"""Rows and objects found by a prefix of their id."""

import pytest

from store import (
    Digest,
    Error,
    Pool,
    Resources,
    Run,
    RunID,
    StringDigest,
    Task,
)
from store.digest import DigestPrefix
from tests.support.log_world import TASK, LogWorld
from tui.query.id_prefix import find_object, find_rows


@pytest.mark.parametrize("digits", ["abcdef00", "abcdef0000", "abcd0000", "00000000"])
async def test_trailing_zeros_of_a_prefix_are_significant(digits: str, world: LogWorld) -> None:
    id = RunID.parse(digits + "0" * (63 - len(digits)) + "1")
    await world.db.create_run(id, "amy")
    await world.db.create_run(RunID.parse("abcdef12" + "1" * 56), "amy")
    assert [row.id for row in await find_rows(world.db, digits)] == [id]


async def test_object_is_found_by_a_prefix_of_its_digest(world: LogWorld) -> None:
    digest = await world.repository.put(b"hello")
    assert await find_object(world.db, digest.hex[:9]) == digest
    with pytest.raises(Error, match="no object has the digest prefix"):
        await find_object(world.db, "00000000")
    with pytest.raises(Error, match="an object needs 8 to 64 hex digits"):
        await find_object(world.db, digest.hex[:7])


async def test_objects_of_an_ambiguous_prefix_are_in_the_notes(
    world: LogWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [Digest.parse("ab" * 4 + f"{number:056x}") for number in range(22)]

    async def find(_: str) -> list[Digest]:
        return several

    monkeypatch.setattr(world.repository, "find", find)
    with pytest.raises(
        Error, match="the id prefix 'abababab' is ambiguous; give more digits of one of these 22 objects:"
    ) as raised:
        await find_object(world.db, "abababab")
    assert raised.value.__notes__ == [*map(str, several[:20]), "... and 2 more"]


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
    assert [row.id for row in await find_rows(world.db, "4f2a91c0", [Run])] == [other]
    assert await find_rows(world.db, "i-0abc", [Run, Task]) == []


async def test_pools_and_allocs_are_found_by_both_ids(world: LogWorld) -> None:
    pool, alloc = StringDigest("i-0abc"), StringDigest("host/a1")
    await world.db.start_pool(Pool(pool_id=pool))
    await world.db.start_alloc(alloc, pool.digest, Resources())
    for id in (pool, alloc):
        for text in (str(id), id.digest.hex[:9], str(id.digest)):
            assert [row.id for row in await find_rows(world.db, text)] == [id.digest]
    assert await find_rows(world.db, "i-0ab") == []
