from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from store import (
    Alloc,
    AllocQuery,
    ClusterID,
    Digest,
    Error,
    ErrorKind,
    Pool,
    PoolQuery,
    PoolRow,
    Resources,
    StringDigest,
    TaskDB,
)
from tests.contract.rows import CLUSTER, RESOURCES, digest, ids, only, some_pool
from tests.support.clock import MockClock

ALLOC = StringDigest("ec2-1.example.com:9000/5f7d")
POOL = some_pool("i-0abc")
POOL_ID = POOL.pool_id.digest


def stored(pool: Pool, **changes: Any) -> PoolRow:
    fields = {name: getattr(pool, name) for name in pool.__struct_fields__}
    return PoolRow(id=pool.pool_id.digest, **{**fields, **changes})


async def the_pool(db: TaskDB, id: Digest = POOL_ID) -> PoolRow:
    return only(await db.pools(PoolQuery(ids=[id])))


async def the_alloc(db: TaskDB) -> Alloc:
    return only(await db.allocs(AllocQuery(ids=[ALLOC.digest])))


async def test_a_new_pool_has_a_first_lease_of_now(db: TaskDB, clock: MockClock) -> None:
    await db.start_pool(POOL)
    assert await the_pool(db) == stored(POOL, start=clock.time, keepalive=clock.time)


async def test_a_pool_or_alloc_may_have_started_earlier(db: TaskDB, clock: MockClock) -> None:
    start = clock.time - timedelta(minutes=3)
    await db.start_pool(replace(POOL, start=start))
    await db.start_alloc(ALLOC, POOL_ID, RESOURCES, start)
    assert await the_pool(db) == stored(POOL, start=start, keepalive=clock.time)
    alloc = await the_alloc(db)
    assert (alloc.start, alloc.keepalive) == (start, clock.time)


async def test_a_pool_of_a_name_only(db: TaskDB, clock: MockClock) -> None:
    await db.start_pool(Pool(pool_id=StringDigest("i-2")))
    expected = PoolRow(id=digest("i-2"), pool_id=StringDigest("i-2"), start=clock.time, keepalive=clock.time)
    assert await the_pool(db, digest("i-2")) == expected


async def test_a_new_alloc_has_a_first_lease_of_now(db: TaskDB, clock: MockClock) -> None:
    await db.start_alloc(ALLOC, POOL_ID, RESOURCES)
    assert await the_alloc(db) == Alloc(
        id=ALLOC.digest,
        alloc_id=str(ALLOC),
        pool_id=POOL_ID,
        resources=RESOURCES,
        start=clock.time,
        keepalive=clock.time,
    )


async def test_allocs_come_with_their_pools(db: TaskDB) -> None:
    await db.start_pool(POOL)
    await db.start_alloc(ALLOC, POOL_ID, RESOURCES)
    assert (await the_alloc(db)).pool == await the_pool(db)


async def test_leases_ends_and_resources_of_any_row(db: TaskDB, clock: MockClock) -> None:
    await db.start_pool(POOL)
    await db.start_alloc(ALLOC, POOL_ID, RESOURCES)
    lease, end, one_core = clock.time + timedelta(minutes=2), clock.time + timedelta(minutes=1), Resources({"cpu": 1})
    for id in (POOL_ID, ALLOC.digest):
        await db.keep_id_alive(id, lease)
        await db.set_end_time(id, end)
        await db.set_resources(id, one_core)
    pool = await the_pool(db)
    assert pool == stored(POOL, start=clock.time, keepalive=lease, end=end, resources=one_core)
    alloc = await the_alloc(db)
    assert (alloc.keepalive, alloc.end, alloc.resources) == (lease, end, one_core)


async def test_unless_ended_keeps_an_existing_end(db: TaskDB, clock: MockClock) -> None:
    await db.start_pool(POOL)
    first, second = clock.time + timedelta(minutes=1), clock.time + timedelta(minutes=2)
    for end in (first, second):
        await db.set_end_time(POOL_ID, end, unless_ended=True)
        assert (await the_pool(db)).end == first
    await db.set_end_time(POOL_ID, second)
    assert (await the_pool(db)).end == second
    with pytest.raises(Error) as raised:
        await db.set_end_time(digest("unknown"), first, unless_ended=True)
    assert raised.value.kind is ErrorKind.NOT_EXIST


async def test_creating_again_is_no_error_and_no_second_row(db: TaskDB, clock: MockClock) -> None:
    for _ in range(2):
        await db.start_pool(POOL)
        await db.start_alloc(ALLOC, POOL_ID, RESOURCES)
    assert ids(await db.pools(PoolQuery(since=clock.time - timedelta(minutes=1)))) == [POOL_ID]
    assert (await the_alloc(db)).pool == await the_pool(db)


async def test_pools_of_a_cluster(db: TaskDB, clock: MockClock) -> None:
    clusters = [CLUSTER, ClusterID("batch", "bob", "reflow1.27"), ClusterID("other", "bob", "reflow1.26")]
    batch, batch_of_bob, other = (digest(f"i-{n}") for n in range(3))
    for n, cluster in enumerate(clusters):
        await db.start_pool(some_pool(f"i-{n}", cluster=cluster))
    query = PoolQuery(since=clock.time - timedelta(minutes=1))
    for cluster, expected in (
        (ClusterID(), [batch, batch_of_bob, other]),
        (ClusterID("batch"), [batch, batch_of_bob]),
        (ClusterID("", "bob"), [batch_of_bob, other]),
        (ClusterID("", "", "reflow1.26"), [batch, other]),
        (ClusterID("batch", "bob"), [batch_of_bob]),
        (ClusterID("other", "amy"), []),
    ):
        assert ids(await db.pools(replace(query, cluster=cluster))) == sorted(expected)


async def test_more_ids_than_one_batch_are_read_once_each(db: TaskDB) -> None:
    names = [StringDigest(f"alloc {n}") for n in range(130)]
    for name in names:
        await db.start_alloc(name, POOL_ID, RESOURCES)
    await db.start_pool(POOL)
    asked = [name.digest for name in names]
    allocs = await db.allocs(AllocQuery(ids=[*asked, *asked[:10], digest("unknown")]))
    assert allocs.errors == []
    assert ids(allocs) == sorted(asked)
    assert {alloc.pool.id for alloc in allocs if alloc.pool} == {POOL_ID}


async def test_ids_of_rows_of_another_type_find_nothing(db: TaskDB) -> None:
    await db.start_pool(POOL)
    await db.start_alloc(ALLOC, POOL_ID, RESOURCES)
    assert await db.pools(PoolQuery(ids=[ALLOC.digest])) == []
    assert await db.allocs(AllocQuery(ids=[POOL_ID])) == []


@pytest.mark.parametrize("write", ["keep_id_alive", "set_end_time", "set_resources"])
async def test_a_row_that_does_not_exist_cannot_be_updated(write: str, db: TaskDB, clock: MockClock) -> None:
    argument = RESOURCES if write == "set_resources" else clock.time
    with pytest.raises(Error) as raised:
        await getattr(db, write)(POOL_ID, argument)
    assert raised.value.kind is ErrorKind.NOT_EXIST
    assert await db.pools(PoolQuery(ids=[POOL_ID])) == []
