"""The settings, one by one: what each is called, what its value means, and what it is for.

Flags, variables, the configuration file, its example, and what `reflowtop settings` prints all follow from this table.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from tui.query.time_expressions import Moment
from tui.settings import values
from tui.settings.settings import Settings
from tui.settings.values import Parser

ENVIRONMENT_PREFIX = "REFLOWTOP_"


class Field(NamedTuple):
    """A setting. `read` makes its value of what was written; `example` is a value as TOML.

    Those that `look` are about the terminal and whoever sits at it, not about a table and its runs. Not all make sense
    `in_file`.
    """

    name: str
    metavar: str
    read: Parser
    help: str
    example: str
    is_display: bool = False
    in_file: bool = True

    @property
    def flag(self) -> str:
        """The flag that sets it; a switch is set by that and by its opposite."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The variable that sets it."""
        return f"{ENVIRONMENT_PREFIX}{self.name.upper()}"

    @property
    def default(self) -> object:
        """Its value where nothing sets it, None if there is none."""
        return getattr(Settings, self.name, None)


FIELDS: Sequence[Field] = (
    Field("table", "NAME", values.parse_table, "The table that runs are kept in.", '"reflow-prod"'),
    Field("bucket", "NAME", values.parse_text, "The bucket that logs are kept in.", '"reflow-logs"'),
    Field("region", "NAME", values.parse_text, "AWS region.", '"us-west-2"'),
    Field("profile", "NAME", values.parse_text, "AWS profile, of which credentials and region are used.", '"oncall"'),
    Field("endpoint_url", "URL", values.parse_url, "Another endpoint than that of AWS.", '"http://127.0.0.1:8000"'),
    Field("user", "USER", values.parse_text, "Only runs of this user: amy, or amy@example.com.", '"amy"'),
    Field("since", "TIME", values.parse_moment, "Show runs alive since then.", '"10m"'),
    Field("until", "TIME", values.parse_moment, "What was running by then, ended since or not.", '"5m"', in_file=False),
    Field("interval", "SPAN", values.parse_interval, "Time between reads.", '"5s"'),
    Field("read_budget", "RCU", values.parse_positive, "Read capacity to use in a second, on average.", "100"),
    Field("price", "DOLLARS", values.parse_non_negative, "What a million of RCU costs.", "0.125"),
    Field("filter", "FILTER", values.parse_filter, "What the list of runs shows first.", '"!state:lost"'),
    Field(
        "theme", "NAME", values.parse_text, "Colours: reflowtop-light, ansi, nord and more.", '"reflowtop-light"', True
    ),
    Field("ascii", "", values.parse_bool_or_auto, "Draw with ASCII alone; by itself where not UTF-8.", '"auto"', True),
    Field("mouse", "", values.parse_bool, "Take the mouse, or leave it to the terminal, to select text.", "true", True),
    Field(
        "clipboard",
        "WAY",
        values.make_choice_parser("auto", "tmux", "osc52", "off"),
        "How to copy: auto, tmux, osc52 or off.",
        '"auto"',
        True,
    ),
    Field("notify", "", values.parse_bool, "Tell the terminal of what becomes of marked runs.", "true", True),
)

BY_NAME = {field.name: field for field in FIELDS}


def serialize(value: object) -> str | float | bool | None:
    """The value of a setting as it would be written."""
    match value:
        case None | str() | bool() | int() | float():
            return value
        case timedelta():
            return f"{value.total_seconds():g}s"
        case Moment():
            return value.text
        case _:
            return str(getattr(value, "text", value))
