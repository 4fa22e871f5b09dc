"""The settings: from flags, environment variables, the configuration file and reflow's own configuration.

`fields` declares each setting, `values` parses their values, `config_file` and `reflow_config` read the two files, and
`precedence` decides which value applies. `example` writes an example of the configuration file.
"""

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
