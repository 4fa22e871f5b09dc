import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from store.background_loop import background_loop
from store.errors import Error, ErrorKind

# Python 3.12 warns of every fork of a process with threads.
WARNINGS = ("-W", "error", "-W", "ignore::DeprecationWarning")
# Each is a program of its own: interrupts, forks and the exit concern a whole process.
INTERRUPTED = """
import asyncio, signal, threading
from store.background_loop import background_loop

ended = threading.Event()

async def wait():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    try:
        await asyncio.sleep(3600)
    finally:
        ended.set()

try:
    background_loop().call(wait())
except KeyboardInterrupt:
    print("interrupted", ended.is_set())

async def answer():
    return 42

print(background_loop().call(answer()))
"""
FORKED = """
import os
from store import Error, MemoryTaskDB, RunID, RunQuery, blocking

db = blocking.TaskDB(MemoryTaskDB())
run = RunID.new()
db.create_run(run, "amy")
with blocking.keep_run_alive(db, run):
    child = os.fork()
    if not child:
        try:
            db.create_run(run, "bob")
        except Error as error:
            print(error.kind, "open one in each process" in str(error), flush=True)
        with blocking.TaskDB(MemoryTaskDB()) as own:
            own.create_run(run, "bob")
            print([row.user for row in own.runs(RunQuery(id=run))], flush=True)
        db.close()
if child:
    os.waitpid(child, 0)
    print([row.user for row in db.runs(RunQuery(id=run))], flush=True)
"""
LEFT_OPEN = """
import asyncio, threading
from store.background_loop import BackgroundBlock, background_loop
from contextlib import asynccontextmanager

@asynccontextmanager
async def resource():
    try:
        yield
    finally:
        print("closed", flush=True)

BackgroundBlock(background_loop(), resource()).enter()

async def hang():
    await asyncio.sleep(3600)

def call():
    try:
        background_loop().call(hang())
    except BaseException as error:
        pass

threading.Thread(target=call, daemon=True).start()
"""


def output(program: str) -> str:
    done = subprocess.run(
        [sys.executable, *WARNINGS, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert not done.stderr
    return done.stdout


def test_an_interrupt_cancels_the_call_and_waits_for_its_end() -> None:
    assert output(INTERRUPTED) == "interrupted True\n42\n"


def test_a_forked_process_is_refused_and_may_open_its_own() -> None:
    assert output(FORKED) == "Precondition True\n['bob']\n['amy']\n"


def test_the_interpreter_exits_with_calls_under_way_and_closes_what_is_open() -> None:
    assert output(LEFT_OPEN) == "closed\n"


def test_calls_of_all_threads_share_one() -> None:
    async def thread() -> threading.Thread:
        return threading.current_thread()

    found = []
    threads = [threading.Thread(target=lambda: found.append(background_loop().call(thread()))) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 3
    assert len(set(found)) == 1


def test_a_call_from_the_thread_of_the_loop_is_refused() -> None:
    async def nothing() -> None:
        pass

    async def call() -> None:
        background_loop().call(nothing())

    with pytest.raises(Error, match="wait for itself") as raised:
        background_loop().call(call())
    assert raised.value.kind is ErrorKind.PRECONDITION


def test_a_cancelled_call_is_an_error() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(Error) as raised:
        background_loop().call(cancelled())
    assert raised.value.kind is ErrorKind.CANCELED


async def answer() -> int:
    return 42


async def exit_within() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(exit_at_once())


async def exit_at_once() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize("leave", [exit_at_once, exit_within])
def test_a_call_that_exits_does_not_end_the_loop_of_others(leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with pytest.raises(SystemExit) as raised:
        background_loop().call(leave())
    assert raised.value.code == 3
    assert background_loop().call(answer()) == 42
