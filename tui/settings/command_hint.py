"""Commands to suggest to the user, with the flags that select the same table and service."""

import shlex
from collections.abc import Iterator

from tui.settings import reflow_config
from tui.settings.config_file import default_path
from tui.settings.fields import BY_NAME, ENVIRONMENT_PREFIX
from tui.settings.origin import Origin
from tui.settings.settings import Settings

_CONNECTION = ("table", "bucket", "region", "profile", "endpoint_url")


def command_hint(settings: Settings, *words: str) -> str:
    """Return the command line `reflowtop` with `words`, for the table and the service of `settings`.

    It repeats the settings from flags, `--config` and `--cluster`. It omits those from environment variables and from
    default files, which apply to the next command anyway.
    """
    return shlex.join(["reflowtop", *words, *_flags(settings)])


def _flags(settings: Settings) -> Iterator[str]:
    for name in _CONNECTION:
        value = getattr(settings, name)
        if value and not _applies_by_itself(settings.source(name)):
            yield from (BY_NAME[name].flag, value)


def _applies_by_itself(origin: Origin) -> bool:
    if origin.text.startswith(ENVIRONMENT_PREFIX):
        return True
    is_read_by_default = origin.text in (str(default_path()), str(reflow_config.PATH))
    return is_read_by_default and not origin.key.startswith("clusters.")
