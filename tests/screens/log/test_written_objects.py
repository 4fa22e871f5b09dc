"""Inspects, traces and run logs that an engine writes with `store`, on the dashboard."""

from datetime import timedelta
from pathlib import Path

from store import (
    Error,
    ErrorKind,
    ExecInspect,
    Level,
    LocalRepository,
    MemoryTaskDB,
    Resources,
    RunID,
    Span,
    Task,
    TaskDB,
    TaskID,
    Usage,
    format_inspect,
    format_log_line,
    format_trace,
)
from store.digest import Digest
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, ago

GIB = 1 << 30
OOM = Error(ErrorKind.OOM, "exec", ("samtools",), "killed")


async def run_engine(db: TaskDB) -> None:
    """Write a run whose only task was killed, as an engine does."""
    run, started, resources = RunID.new(), ago(minutes=2), Resources({"cpu": 4, "mem": 16 * GIB})
    await db.create_run(run, "amy")
    await db.keep_run_alive(run, NOW + timedelta(minutes=2))
    task = Task(id=TaskID.new(), run_id=run, ident="samtools.sort", resources=resources)
    await db.create_task(task)
    inspect = ExecInspect(
        type="exec",
        ident=task.ident,
        command="samtools sort %s",
        resources=resources,
        profile={"mem": Usage.measured([(started, 4 * GIB), (NOW, 12 * GIB)])},
        started=started,
        finished=NOW,
        exit_code=137,
        oom_killed=True,
        exec_error=OOM,
    )
    stderr = await db.repository.put(b"Killed\n")
    await db.set_task_attrs(task.id, Digest.ZERO, stderr, await db.repository.put(format_inspect(inspect)))
    await db.set_task_complete(task.id, OOM)
    span = Span(name=task.ident, category="exec", start=started, duration=timedelta(minutes=2), args={"exit": 137})
    log = format_log_line(started, "-> samtools.sort") + format_log_line(NOW, "<- samtools.sort", Level.ERROR)
    trace = await db.repository.put(format_trace([span]))
    await db.set_run_complete(run, run_log=await db.repository.put(log), trace=trace)


async def test_objects_of_an_engine_on_the_dashboard(tmp_path: Path) -> None:
    db = MemoryTaskDB(clock=lambda: NOW, repository=LocalRepository(tmp_path))
    await run_engine(db)
    async with Dashboard(db, keep_failed=timedelta(hours=1)).shown(height=60) as top:
        await top.press("a", "enter", "enter")
        assert "75% peak 12G of 16G, mean 8G" in top.line("peak")
        assert top.line("command") == "command samtools sort %s"
        assert top.line("exit code") == "exit code 137, killed: out of memory"
        await top.press("l", "3")
        assert top.line("command") == "command samtools sort %s"
        assert top.line("resources") == "resources mem:16G cpu:4"
        assert top.line("peak") == "mem peak 12G of 16G, 75%, mean 8G; 2 samples"
        assert "2m00s, exit code 137" in top.line("docker")
        await top.press("4")
        assert "[error] <- samtools.sort" in top.text
        await top.press("5")
        assert "samtools.sort  exit=137" in top.text
