"""`reflowtop demo --headless` as a process: what it says, what it starts, and that nothing of it stays."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import DynamoTaskDB, RunQuery, Task, TaskQuery
from tests.support.servers import ROOT, wait_until
from tui.demo import simulation
from tui.demo.service import LocalService, ServiceError

PROC = Path("/proc")

# A suite that runs under nohup ignores SIGHUP, and its children inherit that.
_START = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""

# Every Python with this on its path imports it. Writing the past of all runs takes 1 s of CPU.
_ONE_RUN = """
import tui.demo.scenario
tui.demo.scenario._ACTIVE = tui.demo.scenario._ACTIVE[-1:]
"""

needs_proc = pytest.mark.skipif(not (PROC / "self/stat").exists(), reason="looks for processes in /proc")


@contextmanager
def headless(path: Path | None = None) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A running demo, and the endpoint that it names; its processes import from `path`, too."""
    with subprocess.Popen(
        [sys.executable, "-c", _START, "-m", "tui", "demo", "--headless"],
        cwd=ROOT,
        env={**os.environ, **({"PYTHONPATH": str(path)} if path else {})},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if named := re.search(r"--endpoint-url (http://127\.0\.0\.1:\d+) --table reflow-demo", line):
                    yield process, named[1]
                    return
            pytest.fail("it ended without saying how to connect")
        finally:
            process.kill()


@pytest.mark.slow
async def test_rows_appear_that_are_read_through_store() -> None:
    with headless() as (_, endpoint_url):
        async with DynamoTaskDB.open(simulation.TABLE, endpoint_url=endpoint_url, read_only=True) as db:
            failed: list[Task] = []
            while not failed:
                snapshot = await db.active(datetime.now(UTC) - timedelta(hours=2))
                failed = [task for task in snapshot.tasks if task.err is not None]
            [task] = await db.tasks(TaskQuery(id=failed[0].id, with_alloc=True))
            [found] = await db.runs(RunQuery(id=task.run_id))
    assert task.stderr
    assert task.alloc is not None
    assert task.alloc.pool is not None
    assert {"project", "Name"} == found.labels.keys()


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left(signum: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_ONE_RUN)
    with headless(tmp_path) as (process, _):
        started = children(process.pid)
        assert len(started) == 2  # the service and the simulation
        process.send_signal(signum)
        code = process.wait(10)
    assert code == (0 if signum == signal.SIGINT else -signum)
    wait_until(lambda: not any(is_running(pid) for pid in started))


def children(parent: int) -> set[int]:
    return {
        pid
        for pid in map(int, filter(str.isdigit, (path.name for path in PROC.iterdir())))
        if stat(pid)[1:] == [str(parent)]
    }


def is_running(pid: int) -> bool:
    return stat(pid)[:1] not in ([], ["Z"])


def stat(pid: int) -> list[str]:
    """State and parent of a process; nothing for one that is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_a_dead_simulation_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalService.start() as service:
        monkeypatch.setattr(simulation, "TABLE", "?")  # no name for a table
        with simulation.Simulation(service.endpoint_url, seed=1) as running, pytest.raises(ServiceError) as failure:
            running.wait_until_ready()
    assert re.fullmatch(r"the simulated cluster ended: dynamodb\.CreateTable \?: .*", str(failure.value))
