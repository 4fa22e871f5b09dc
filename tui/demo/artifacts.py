"""The logs, inspects, graphs and traces of simulated tasks and runs. Pure functions of their plans."""

import itertools
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from store import Digest, Error, ErrorKind
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


def make_stderr(task: TaskPlan) -> Iterator[Event]:
    """Yield the lines of a task's standard error with their times; the last lines are about its error."""
    if task.err is None or task.err.kind not in _BEFORE_RUN:
        yield from _progress(task)
    if task.err is not None:
        for line in _error_lines(task.err):
            yield task.life.stop, line


def _progress(task: TaskPlan) -> Iterator[Event]:
    rng = random.Random(task.task.id)
    seconds = max(1.0, (task.life.stop - task.life.start).total_seconds())
    count = min(40, 3 + int(seconds / 5))
    yield task.life.start, f"+ {task.step.command}  # {task.sample}"
    for number in range(1, count):
        part = number / count
        line = _PROGRESS.get(task.task.ident, _DEFAULT_PROGRESS).format(
            n=int(1_000_000 * part * rng.uniform(0.95, 1.05)) + number * 40_000,
            cpu=seconds * part * 3.7,
            real=seconds * part,
            files=4 * number,
            chrom=1 + number * 22 // count,
            rate=rng.randrange(8_000, 12_000),
            percent=100 * part,
        )
        yield task.life.start + timedelta(seconds=seconds * part), line


def _error_lines(err: Error) -> list[str]:
    if err.kind is ErrorKind.OOM:
        return ["[bam_sort_core] failed to allocate memory for the next block", "Killed"]
    return [f"ERROR: {line.strip()}" for line in str(err).splitlines()]


def make_inspect(task: TaskPlan) -> dict[str, Any]:
    """Return the inspect of a task's exec, with the fields of the engine's ExecInspect."""
    rng = random.Random(task.task.id)
    out_of_memory = task.err is not None and task.err.kind is ErrorKind.OOM
    memory = task.step.mem * GIB * (0.99 if out_of_memory else rng.uniform(0.4, 0.8))
    value: dict[str, Any] = {
        "Created": format_time(task.life.start),
        "Config": {
            "Type": "exec",
            "Ident": task.task.ident,
            "Image": task.step.image,
            "OriginalImage": task.step.image,
            "Cmd": task.step.command,
            "Resources": dict(task.step.resources),
        },
        "State": "complete",
        "Status": "exec complete" if task.err is None else "exec failed",
        "Profile": {
            "cpu": _profile(task.step.cpu * rng.uniform(0.7, 0.98), task.life),
            "mem": _profile(memory, task.life),
            "disk": _profile(task.step.mem * GIB * rng.uniform(0.5, 2), task.life),
        },
        "Gauges": {},
        "Docker": {
            "State": {
                "Status": "exited",
                "OOMKilled": out_of_memory,
                "ExitCode": 137 if out_of_memory else int(task.err is not None),
                "StartedAt": format_time(task.life.start),
                "FinishedAt": format_time(task.life.stop),
            }
        },
    }
    if task.err is not None:
        value["ExecError"] = json.loads(task.err.to_json())
    return value


def _profile(peak: float, life: Lifetime) -> dict[str, Any]:
    seconds = (life.stop - life.start).total_seconds()
    return {
        "Max": peak,
        "Mean": 0.8 * peak,
        "Var": (0.1 * peak) ** 2,
        "N": int(seconds / 5) + 1,
        "First": format_time(life.start),
        "Last": format_time(life.stop),
    }


def make_result(task: TaskPlan) -> dict[str, Any]:
    """Return the files made by a task, in the form of the engine's Fileset."""
    rng = random.Random(task.task.id)
    file = {"ID": str(Digest(rng.randbytes(32))), "Size": rng.randrange(10**6, 10**10)}
    return {"Map": {f"{task.sample}.{task.step.ident}.out": file}}


def make_run_log(run: RunPlan) -> str:
    """Return the engine's log of a run. Lines have levels; errors span several lines."""
    begin = f"run {run.id.short}: {run.workflow.module} {' '.join(run.args)}"
    events = [(run.life.start, f"[info] {begin}")]
    for task in run.tasks:
        name = f"{task.task.ident} {task.task.flow_id.short} attempt {task.task.attempt}"
        events.append((task.life.start, f"[info] -> {name}"))
        events.append((task.life.start, f"[debug] exec {task.task.uri} {dict(task.step.resources)}"))
        ended = f"[info] <- {name} ok" if task.err is None else f"[error] <- {name}: {task.err}"
        events.append((task.life.stop, ended))
    events.append((run.life.stop, f"[info] total {run.life.stop - run.life.start}, {len(run.tasks)} execs"))
    return "".join(f"{time:%Y/%m/%d %H:%M:%S} {text}\n" for time, text in sorted(events))


def make_eval_graph(run: RunPlan) -> str:
    """Return the steps of a run as a Graphviz graph."""
    names = [step.ident for step in run.workflow.steps]
    edges = "".join(f'  "{before}" -> "{after}";\n' for before, after in itertools.pairwise(names))
    return f"digraph {{\n{edges}}}\n"


def make_trace(run: RunPlan) -> dict[str, Any]:
    """Return the Chrome trace of a run, in the form of the engine: an alloc is a process, an exec is a thread of it.

    Times are in microseconds.
    """
    allocs = {alloc.alloc.id: number for number, alloc in enumerate(run.allocs, 1)}
    spans = [_span(run.workflow.module, "run", run.life, 0, 0)]
    for number, task in enumerate(run.tasks, 1):
        span = _span(task.task.ident, "exec", task.life, allocs[task.task.alloc_id], number)
        span["args"] |= {"flow": task.task.flow_id.short, "attempt": task.task.attempt}
        spans.append(span)
    return {"traceEvents": spans}


def _span(name: str, category: str, life: Lifetime, pid: int, tid: int) -> dict[str, Any]:
    return {
        "name": name,
        "cat": category,
        "ph": "X",
        "ts": int(life.start.timestamp() * 1e6),
        "dur": int((life.stop - life.start).total_seconds() * 1e6),
        "pid": pid,
        "tid": tid,
        "args": {"beginTime": format_time(life.start), "endTime": format_time(life.stop)},
    }
