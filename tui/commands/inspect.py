"""`reflowtop inspect`: print the inspect of a task's exec: its command, its end and the resources it used."""

import json

from store import Error, ErrorKind, FailureReason, Run, TaskDB
from store.logs.inspect import parse_inspect, read_inspect
from store.times import Clock, utc_now
from tui.commands.logs import report_missing
from tui.commands.named_rows import find_run_or_task
from tui.connect import run_with_db
from tui.exit_status import ExitCode
from tui.logs import inspect_text, provenance
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text.json_text import is_masking, json_text, masked


def run(settings: Settings, id: str, *, as_json: bool) -> ExitCode:
    """Print the inspect of the task whose id begins with `id`, as text or as JSON; whole without `--redact`.

    Says on stderr why there is none. Raises Error if `id` cannot be looked up, or is not that of a task.
    """
    return run_with_db(settings, lambda db: print_inspect(db, settings, id, utc_now, as_json=as_json))


async def print_inspect(db: TaskDB, settings: Settings, id: str, clock: Clock, *, as_json: bool) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    task = await find_run_or_task(db, settings, id, clock())
    try:
        if isinstance(task, Run):
            raise Error(
                ErrorKind.INVALID, "inspect", (task.id.short,), "this is a run; give the id of one of its tasks"
            )
        if not task.inspect:
            why = provenance.not_written(task, "inspect", clock())
            raise Error(ErrorKind.NOT_EXIST, "inspect", (str(task.id),), why, FailureReason.NO_LOG)
        async with narration.progress_of("reading the inspect"):
            data = await read_inspect(db.repository, task.inspect)
        parsed = parse_inspect(data)
        document = json.loads(data)
        if not as_json and is_masking():
            parsed = parse_inspect(json.dumps(masked(document)).encode())
    except Error as error:
        return report_missing(error, task, clock())
    for line in [json_text(document, indent=2)] if as_json else inspect_text.text(parsed):
        output.print_line(line)
    return ExitCode.OK
