"""The logs, inspects, graphs and traces of simulated tasks and runs. Pure functions of their plans."""

import itertools
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from store import Digest, Error, ErrorKind, ExecInspect, Level, Span, Usage, format_log_line
from store.times import format_time
from tui.demo.run_plan import Lifetime, RunPlan, TaskPlan
from tui.demo.workflow import GIB, Step

Event = tuple[datetime, str]

_PROGRESS = {
    "align.bwa_mem": "[M::mem_process_seqs] Processed {n} reads in {cpu:.3f} CPU sec, {real:.3f} real sec",
    "samtools.sort": "[bam_sort_core] merging from {files} files and 2 in-memory blocks, {n} records",
    "samtools.markdup": "[markdup] {n} reads, {cpu:.1f} s of CPU",
    "variants.haplotype_caller": "INFO  ProgressMeter -  chr{chrom}:{n}  {real:.1f} minutes  {rate} regions/minute",
    "variants.genotype": "INFO  ProgressMeter -  chr{chrom}:{n}  {real:.1f} minutes",
    "rna.star": "..... mapped {n} reads, {percent:.1f}% uniquely",
    "rna.quantify": "[info] processed {n} fragments, {percent:.1f}% of the input",
}
_DEFAULT_PROGRESS = "processed {n} records, {percent:.1f}% of the input"
# Errors that occur before the command starts.
_BEFORE_RUN = (ErrorKind.NET, ErrorKind.TEMPORARY)


def make_stdout(step: Step) -> str:
    """Return the standard output of a step."""
    return f"{step.image.rpartition('/')[2]}\n{step.command}\n"


def make_stderr(task: TaskPlan, since: datetime | None = None, until: datetime | None = None) -> Iterator[Event]:
    """Yield the lines of a task's standard error from after `since` up to `until`, with their times.

    The last lines are about its error.
    """
    until = task.life.stop if until is None else until
    if task.err is None or task.err.kind not in _BEFORE_RUN:
        yield from _progress(task, since, until)
    if task.err is not None and (since is None or since < task.life.stop) and task.life.stop <= until:
        for line in _error_lines(task.err):
            yield task.life.stop, line


def _progress(task: TaskPlan, since: datetime | None, until: datetime) -> Iterator[Event]:
    rng = random.Random(task.task.id)
    seconds = max(1.0, (task.life.stop - task.life.start).total_seconds())
    count = min(40, 3 + int(seconds / 5))
    if (since is None or since < task.life.start) and task.life.start <= until:
        yield task.life.start, f"+ {task.step.command}  # {task.sample}"
    text = _PROGRESS.get(task.task.ident, _DEFAULT_PROGRESS)
    for number in range(1, count):
        part = number / count
        time = task.life.start + timedelta(seconds=seconds * part)
        if time > until:
            return
        noise, rate = rng.uniform(0.95, 1.05), rng.randrange(8_000, 12_000)
        if since is not None and time <= since:
            continue
        line = text.format(
            n=int(1_000_000 * part * noise) + number * 40_000,
            cpu=seconds * part * 3.7,
            real=seconds * part,
            files=4 * number,
            chrom=1 + number * 22 // count,
            rate=rate,
            percent=100 * part,
        )
        yield time, line


def _error_lines(err: Error) -> list[str]:
    if err.kind is ErrorKind.OOM:
        return ["[bam_sort_core] failed to allocate memory for the next block", "Killed"]
    return [f"ERROR: {line.strip()}" for line in str(err).splitlines()]


def make_inspect(task: TaskPlan) -> ExecInspect:
    """Return the inspect of a task's exec."""
    rng = random.Random(task.task.id)
    out_of_memory = task.err is not None and task.err.kind is ErrorKind.OOM
    memory = task.step.mem * GIB * (0.99 if out_of_memory else rng.uniform(0.4, 0.8))
    return ExecInspect(
        created=task.life.start,
        type="exec",
        ident=task.task.ident,
        image=task.step.image,
        original_image=task.step.image,
        command=task.step.command,
        resources=task.step.resources,
        state="complete",
        status="exec complete" if task.err is None else "exec failed",
        profile={
            "cpu": _usage(task.step.cpu * rng.uniform(0.7, 0.98), task.life),
            "mem": _usage(memory, task.life),
            "disk": _usage(task.step.mem * GIB * rng.uniform(0.5, 2), task.life),
        },
        started=task.life.start,
        finished=task.life.stop,
        exit_code=137 if out_of_memory else int(task.err is not None),
        oom_killed=out_of_memory,
        exec_error=task.err,
    )


def _usage(peak: float, life: Lifetime) -> Usage:
    count = int((life.stop - life.start).total_seconds() / 5) + 1
    return Usage(max=peak, mean=0.8 * peak, var=(0.1 * peak) ** 2, n=count, first=life.start, last=life.stop)


def make_result(task: TaskPlan) -> dict[str, Any]:
    """Return the files made by a task, in the form of the engine's Fileset."""
    rng = random.Random(task.task.id)
    file = {"ID": str(Digest(rng.randbytes(32))), "Size": rng.randrange(10**6, 10**10)}
    return {"Map": {f"{task.sample}.{task.step.ident}.out": file}}


def make_run_log(run: RunPlan) -> bytes:
    """Return the engine's log of a run. Lines have levels; errors span several lines."""
    begin = f"run {run.id.short}: {run.workflow.module} {' '.join(run.args)}"
    events = [(run.life.start, Level.INFO, begin)]
    for task in run.tasks:
        name = f"{task.task.ident} {task.task.flow_id.short} attempt {task.task.attempt}"
        events.append((task.life.start, Level.INFO, f"-> {name}"))
        events.append((task.life.start, Level.DEBUG, f"exec {task.task.uri} {dict(task.step.resources)}"))
        level, ended = (Level.INFO, "ok") if task.err is None else (Level.ERROR, str(task.err))
        events.append((task.life.stop, level, f"<- {name}{' ' if task.err is None else ': '}{ended}"))
    events.append((run.life.stop, Level.INFO, f"total {run.life.stop - run.life.start}, {len(run.tasks)} execs"))
    return b"".join(
        format_log_line(time, text, level) for time, level, text in sorted(events, key=lambda event: event[0])
    )


def make_eval_graph(run: RunPlan) -> str:
    """Return the steps of a run as a Graphviz graph."""
    names = [step.ident for step in run.workflow.steps]
    edges = "".join(f'  "{before}" -> "{after}";\n' for before, after in itertools.pairwise(names))
    return f"digraph {{\n{edges}}}\n"


def make_trace(run: RunPlan) -> list[Span]:
    """Return the trace of a run, in the form of the engine: an alloc is a group, an exec is a row of it."""
    allocs = {alloc.alloc.id: number for number, alloc in enumerate(run.allocs, 1)}
    spans = [_span(run.workflow.module, "run", run.life, 0, 0)]
    for number, task in enumerate(run.tasks, 1):
        notes = {"flow": task.task.flow_id.short, "attempt": task.task.attempt}
        spans.append(_span(task.task.ident, "exec", task.life, allocs[task.task.alloc_id], number, notes))
    return spans


def _span(
    name: str, category: str, life: Lifetime, group: int, row: int, notes: Mapping[str, Any] = MappingProxyType({})
) -> Span:
    args = {"beginTime": format_time(life.start), "endTime": format_time(life.stop), **notes}
    duration = life.stop - life.start
    return Span(name=name, category=category, start=life.start, duration=duration, group=group, row=row, args=args)
