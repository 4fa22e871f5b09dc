"""List commands on a scripted TaskDB, as the command line runs them."""

from typing import Any

from tests.support.rows import NOW
from tests.support.scripted_db import ScriptedDB
from tui.commands import failures, pools, ps, tasks
from tui.commands.listing import ListOptions, ListPlan, make_plan
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat
from tui.settings import Settings

_COMMANDS: dict[str, tuple[Any, Any]] = {
    "ps": (ps.LIST, ps.ps),
    "tasks": (tasks.LIST, tasks.tasks),
    "pools": (pools.LIST, pools.pools),
    "failures": (failures.LIST, failures.failures),
}
_OPTIONS = ListOptions.__dataclass_fields__.keys()


def plan(command: str, **given: Any) -> ListPlan[Any]:
    """Return the plan of a command for options, and for settings, by name; the rest is the default.

    The setting `columns`, which is an option as well, is `columns_setting` here.
    """
    options = ListOptions(**{name: value for name, value in given.items() if name in _OPTIONS})
    chosen = given.pop("columns_setting", {})
    values = {name: value for name, value in given.items() if name not in _OPTIONS}
    settings = Settings(table="reflow-prod", columns=chosen, **values)
    return make_plan(_COMMANDS[command][0], options, settings, NOW)


async def run_list(command: str, db: ScriptedDB, output: str = "json", **given: Any) -> ExitCode:
    """Run a command on `db` at `NOW`; return its exit code."""
    _, run = _COMMANDS[command]
    code: ExitCode = await run(db, plan(command, output=OutputFormat(output), **given), NOW)
    return code
