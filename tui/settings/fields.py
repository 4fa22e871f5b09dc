"""The table of settings.

The flags, the environment variables, the configuration file, its example and the output of `reflowtop settings` are all
made from it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from tui.query.time_expressions import Moment
from tui.settings import values
from tui.settings.settings import Settings
from tui.settings.values import Parser

ENVIRONMENT_PREFIX = "REFLOWTOP_"
_DEFAULTS = Settings(table="")


class Field(NamedTuple):
    """A setting.

    `parse` converts the text of a flag or the value in the file, and `example` is a value in TOML. `is_display` is true
    for settings of the terminal and its user, as opposed to those of a table and its runs. `in_file` is true if the
    setting may be in the configuration file.
    """

    name: str
    metavar: str
    parse: Parser
    help: str
    example: str
    is_display: bool = False
    in_file: bool = True

    @property
    def flag(self) -> str:
        """The flag that sets it; a switch also has its opposite, such as `--no-mouse`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{ENVIRONMENT_PREFIX}{self.name.upper()}"

    @property
    def default(self) -> object:
        """The default value, empty or None if there is none."""
        return getattr(_DEFAULTS, self.name, None)


FIELDS: Sequence[Field] = (
    Field("table", "NAME", values.parse_table, "DynamoDB table of the runs.", '"reflow-prod"'),
    Field("bucket", "NAME", values.parse_text, "S3 bucket of the logs.", '"reflow-logs"'),
    Field("region", "NAME", values.parse_region, "AWS region.", '"us-west-2"'),
    Field("profile", "NAME", values.parse_text, "AWS profile for credentials and region.", '"oncall"'),
    Field(
        "endpoint_url",
        "URL",
        values.parse_url,
        "URL to connect to instead of the AWS endpoints.",
        '"http://127.0.0.1:8000"',
    ),
    Field("user", "USER", values.parse_text, "Show only the runs of USER, such as amy or amy@example.com.", '"amy"'),
    Field("since", "TIME", values.parse_moment, "Show runs that were alive at TIME or later.", '"10m"'),
    Field("until", "TIME", values.parse_moment, "End of the window of time to show.", '"5m"', in_file=False),
    Field("interval", "SPAN", values.parse_interval, "Time between refreshes.", '"5s"'),
    Field("keep_failed", "SPAN", values.parse_span, "How long a failed run stays among the active ones.", '"1h"'),
    Field("read_budget", "RCU", values.parse_read_budget, "Read capacity units to use per second, on average.", "100"),
    Field("price", "DOLLARS", values.parse_price, "Price of a million read capacity units.", "0.125"),
    Field("filter", "FILTER", values.parse_filter, "Filter of the list of runs at start.", '"!state:lost"'),
    Field(
        "tz",
        "NAME",
        values.parse_time_zone,
        "Time zone of times: utc, local or a name such as Europe/Berlin.",
        '"local"',
        is_display=True,
    ),
    Field(
        "theme",
        "NAME",
        values.parse_text,
        "Colour theme: reflowtop-light, ansi, nord ...",
        '"reflowtop-light"',
        is_display=True,
    ),
    Field(
        "ascii", "", values.parse_bool_or_auto, "Draw with ASCII only; auto: if not UTF-8.", '"auto"', is_display=True
    ),
    Field(
        "mouse", "", values.parse_bool, "Use the mouse. If false, the terminal selects text.", "true", is_display=True
    ),
    Field(
        "preview",
        "SIZE",
        values.make_choice_parser("off", "small", "half"),
        "Preview pane below lists, from 100x30 cells up: off, small or half the screen.",
        '"small"',
        is_display=True,
    ),
    Field(
        "clipboard",
        "WAY",
        values.make_choice_parser("auto", "tmux", "osc52", "off"),
        "How to copy to the clipboard: auto, tmux, osc52 or off.",
        '"auto"',
        is_display=True,
    ),
    Field("notify", "", values.parse_bool, "Send terminal notifications about marked runs.", "true", is_display=True),
)

BY_NAME = {field.name: field for field in FIELDS}


def serialize(value: object) -> str | float | bool | None:
    """Return the value of a setting as it would be written in a file or a flag."""
    match value:
        case None | str() | bool() | int() | float():
            return value
        case timedelta() if value and value % timedelta(hours=1) == timedelta():
            return f"{value // timedelta(hours=1)}h"
        case timedelta():
            return f"{value.total_seconds():g}s"
        case Moment():
            return value.text
        case _:
            return str(getattr(value, "text", value))
