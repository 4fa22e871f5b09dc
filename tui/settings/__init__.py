"""What to watch and how: flags, else variables, else a configuration file, else reflow's own configuration."""

from tui.settings.errors import SettingsError
from tui.settings.model import DEFAULT_INTERVAL, DEFAULT_PRICE, DEFAULT_READ_BUDGET, DEFAULT_SINCE, Settings
from tui.settings.precedence import load, resolve

__all__ = [
    "DEFAULT_INTERVAL",
    "DEFAULT_PRICE",
    "DEFAULT_READ_BUDGET",
    "DEFAULT_SINCE",
    "Settings",
    "SettingsError",
    "load",
    "resolve",
]
