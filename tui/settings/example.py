"""The example configuration file: every setting, commented out."""

from collections.abc import Iterator

from tui.settings.fields import FIELDS, serialize

_HEAD = """\
# Configuration of reflowtop, read when it starts. Flags and environment variables such as REFLOWTOP_TABLE take
# precedence over this file. Remove the # before a setting to change it. `reflowtop settings` prints the settings in
# effect and where each comes from.
"""
_TABLES = """\
# More clusters. Each has a name and any of the settings above. Select one with --cluster or the setting `cluster`.
#cluster = "staging"
#[clusters.staging]
#table = "reflow-staging"
#bucket = "reflow-staging-logs"
#theme = "reflowtop-light"

# Key bindings. Press ? in the dashboard for the names of its commands.
#[keys]
#pause = ["space", "P"]
#table.cursor_down = ["down", "j", "ctrl+n"]

# The columns of each list, in order. The lists are runs, tasks, idents, failures and pools.
#[columns]
#runs = ["run", "state", "user", "name", "age", "tasks", "failed"]

# Prices of hosts in US dollars per hour, by type; they take precedence over the price list of `reflowtop prices`. The
# discount is taken off the prices of the list.
#[prices]
#"r5.2xlarge" = 0.504
#discount = "30%"
"""


def example_lines() -> Iterator[str]:
    """Yield the lines of the example."""
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
