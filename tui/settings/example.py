"""A configuration file to begin with: everything that can stand in one, commented out."""

from collections.abc import Iterator

from tui.settings.fields import FIELDS, serialize

_HEAD = """\
# What reflowtop reads at its start; it never writes here. Flags, and variables such as REFLOWTOP_TABLE, go before
# this file. Take away the # before what is to hold; `reflowtop settings` shows what does, and why.
"""
_TABLES = """\
# Other clusters, each with a name and with any of the settings above: reflowtop --cluster staging
#cluster = "staging"
#[clusters.staging]
#table = "reflow-staging"
#bucket = "reflow-staging-logs"
#theme = "reflowtop-light"

# Other keys: those of a command, by the name that ? shows, and of moves in lists and logs.
#[keys]
#pause = ["space", "P"]
#table.cursor_down = ["down", "j", "ctrl+n"]

# Which columns a list has, and in which order: runs, tasks, idents, failures or pools.
#[columns]
#runs = ["run", "state", "user", "name", "age", "tasks", "failed"]
"""


def example_lines() -> Iterator[str]:
    """The lines of the example."""
    yield _HEAD
    for field in FIELDS:
        if field.in_file:
            default = serialize(field.default)
            yield f"# {field.help}{f' Default: {_toml(default)}.' if default else ''}"
            yield f"#{field.name} = {field.example}"
            yield ""
    yield _TABLES.rstrip("\n")


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if type(value) is float else str(value).lower()
