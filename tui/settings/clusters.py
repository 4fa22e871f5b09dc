"""The clusters of the configuration file, for switching between them while the dashboard runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from tui.settings.fields import BY_NAME, FIELDS
from tui.settings.precedence import load, resolve
from tui.settings.settings import Settings

# What says where the rows are. A flag of these is for the cluster that was named at the start.
_OF_TABLE = ("table", "bucket", "region", "profile", "endpoint_url", "cluster")
# The end of the window shown first. Without the start that `--until` implies, `since` would be after it.
_OF_FIRST_VIEW = ("until",)
_OF_DISPLAY = tuple(field.name for field in FIELDS if field.is_display)


class Clusters:
    """The sections `[clusters.NAME]` of the configuration file that `flags` and `environ` name."""

    def __init__(self, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> None:
        self._flags = {name: value for name, value in flags.items() if name not in (*_OF_TABLE, *_OF_FIRST_VIEW)}
        dropped = {BY_NAME[name].variable for name in _OF_FIRST_VIEW}
        self._environ = {name: value for name, value in environ.items() if name not in dropped}

    def names(self, now: datetime) -> Sequence[str]:
        """Return the names in the file as it is now. Raises SettingsError if it cannot be read."""
        return list(resolve(self._flags, self._environ, now).file.clusters)

    def load(self, name: str, now: datetime, current: Settings) -> Settings:
        """Return the settings of the cluster `name`, with those of the display, the keys and the columns of `current`.

        Raises SettingsError if the file has no such cluster or a setting of it is invalid.
        """
        settings = load({**self._flags, "cluster": name}, self._environ, now)
        kept = {each: getattr(current, each) for each in (*_OF_DISPLAY, "keys", "columns")}
        return replace(settings, **kept)
