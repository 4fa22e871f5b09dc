"""From the body of a page to rows: CPU, memory and how long the event loop stands still."""

import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import Sequence
from typing import Any

from store.dynamo.decode import Decoder
from store.dynamo.reader import Reader, ReadResult
from store.dynamo.response import decode
from store.dynamo.row_cache import RowCache
from tests.bench import report, rows
from tests.bench.contestants import (
    HEADERS,
    Contestant,
    aiobotocore_parser,
    floor,
    floor_again,
    ours,
    ours_again,
    type_deserializer,
)

RUNS, TASKS = 40, 100
ROUNDS = 7
CHANGED = 0.01  # the share of rows that differ in a repeat


def main(json_file: str | None = None) -> int:
    """Print the table; `json_file` takes the figures. Returns the exit code."""
    items = list(rows.table(RUNS, TASKS))
    bodies = rows.bodies(items)
    repeats = [bodies, rows.bodies(rows.renewed(items, CHANGED))]
    tasks = rows.task_items(RUNS * TASKS)
    cpu = _cpu(bodies, repeats, len(items))
    memory = _memory(rows.bodies(tasks), len(tasks))
    blocks = _blocks(bodies)
    report.table(
        f"decode {len(items):,} rows of {len(bodies)} pages, {sum(map(len, bodies)) / 1e6:.1f} MB; CPU, the median of"
        f" {ROUNDS} interleaved rounds",
        ["", "us a row", "x floor", "goal", "bytes a task", "goal", "loop block ms", "goal"],
        [
            [
                name,
                f"{cpu[name]:.2f}",
                f"{cpu[name] / cpu[base]:.2f}",
                GOALS.get(name, ("", "", ""))[0],
                f"{memory[name]:,.0f}" if name in memory else "",
                GOALS.get(name, ("", "", ""))[1],
                f"{blocks[name]:.1f}" if name in blocks else "",
                GOALS.get(name, ("", "", ""))[2],
            ]
            for name, base in BASES.items()
        ],
    )
    print(
        f"\ncold: nothing is known; warm: times, resources and shared ids are; again: {CHANGED:.0%} of the rows differ"
    )
    return report.save(json_file, {"us a row": cpu, "bytes a task": memory, "loop block ms": blocks})


# Each contestant, and the floor it is compared with.
BASES = {
    "floor": "floor",
    "ours, warm": "floor",
    "ours, cold": "floor",
    "aiobotocore": "floor",
    "TypeDeserializer": "floor",
    "floor, again": "floor, again",
    "ours, again": "floor, again",
}
# Of CPU, memory and the loop. A changed row may take 10 us: with so few, that is 0.1 us a row.
GOALS = {
    "ours, warm": ("<= 1.5 x", "", ""),
    "ours, cold": ("", "<= 1,600", "<= 50"),
    "ours, again": (f"<= 1.5 x + {10 * CHANGED:g} us", "<= 1,600", "<= 16"),
}


def _cpu(bodies: Sequence[bytes], repeats: Sequence[Sequence[bytes]], count: int) -> dict[str, float]:
    """Microseconds a row, by contestant."""
    steady: dict[str, Contestant] = {
        "floor": floor(),
        "ours, warm": ours(Decoder()),
        "aiobotocore": aiobotocore_parser(),
        "TypeDeserializer": type_deserializer(),
    }
    again: dict[str, Contestant] = {"floor, again": floor_again(), "ours, again": ours_again(RowCache(Decoder()))}
    for contestant in steady.values():
        contestant(bodies)
    for contestant in again.values():
        contestant(repeats[0])
    times: dict[str, list[float]] = {name: [] for name in BASES}
    for number in range(1, ROUNDS + 1):
        for name, contestant in steady.items():
            times[name].append(_timed(contestant, bodies))
        times["ours, cold"].append(_timed(ours(Decoder()), bodies))
        for name, contestant in again.items():  # there and back, so that each round differs from the last
            times[name].append(_timed(contestant, repeats[number % 2]))
    return {name: statistics.median(seconds) / count * 1e6 for name, seconds in times.items()}


def _timed(contestant: Contestant, bodies: Sequence[bytes]) -> float:
    gc.collect()
    start = time.process_time()
    found = contestant(bodies)
    taken = time.process_time() - start
    assert found
    return taken


def _memory(bodies: Sequence[bytes], count: int) -> dict[str, float]:
    """Bytes that a retained task takes, with everything that the contestant keeps for it."""
    contestants: dict[str, Contestant] = {
        "floor": floor(),
        "ours, cold": ours(Decoder()),
        "ours, again": ours_again(RowCache(Decoder())),
        "aiobotocore": aiobotocore_parser(),
        "TypeDeserializer": type_deserializer(),
    }
    sizes = {}
    for name, contestant in contestants.items():
        gc.collect()
        tracemalloc.start()
        kept = contestant(bodies)
        gc.collect()
        sizes[name] = tracemalloc.get_traced_memory()[0] / count
        tracemalloc.stop()
        assert len(kept) == count
    return sizes


class _Pages:
    """In place of a client: the pages of one partition."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self._bodies = bodies

    async def query(self, **request: Any) -> Any:
        number = int(request.get("ExclusiveStartKey", {}).get("ID", {}).get("S", 0))
        reply: Any = decode("Query", HEADERS, self._bodies[number])
        if number + 1 < len(self._bodies):
            reply.last_evaluated_key = {"ID": {"S": str(number + 1)}}
        return reply


def _blocks(bodies: Sequence[bytes]) -> dict[str, float]:
    """The longest turn of the event loop in milliseconds of CPU, which other processes do not lengthen."""
    client: Any = _Pages(bodies)
    reader = Reader(client, "bench")

    async def scan() -> None:
        await reader.scan_window(ReadResult(), [{}])

    async def page_by_page(contestant: Contestant) -> None:
        kept = []
        for body in bodies:
            kept.append(contestant([body]))
            await asyncio.sleep(0)

    return {
        "ours, cold": asyncio.run(_longest_turn(scan())),
        "ours, again": asyncio.run(_longest_turn(scan())),
        "floor": asyncio.run(_longest_turn(page_by_page(floor()))),
        "aiobotocore": asyncio.run(_longest_turn(page_by_page(aiobotocore_parser()))),
        "TypeDeserializer": asyncio.run(_longest_turn(page_by_page(type_deserializer()))),
    }


async def _longest_turn(work: Any) -> float:
    task = asyncio.ensure_future(work)
    longest = 0.0
    while not task.done():
        start = time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.process_time() - start)
    await task
    return longest * 1e3
