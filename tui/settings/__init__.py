"""What to watch and how: flags, else variables, else a configuration file, else reflow's own configuration."""

from tui.settings.precedence import load, resolve
from tui.settings.settings import DEFAULT_INTERVAL, DEFAULT_PRICE, DEFAULT_READ_BUDGET, DEFAULT_SINCE, Settings
from tui.settings.settings_error import SettingsError

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
