"""The ids and users that shell completion offers, kept in the cache folder for some seconds or minutes.

Commands that read runs write the cache. Completion reads the cache, because reading a table takes too long for a press
of tab. Only its owner can read the file. Rows are untrusted: the cache holds only users without characters that are
special to a shell, and safe names.
"""

import contextlib
import os
import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from store.regular_file import read_regular_file
from tui.settings import Settings
from tui.terminal.new_files import cache_folder, table_file_name

if TYPE_CHECKING:
    from tui.watch.model.cluster import Cluster

FRESH = timedelta(seconds=30)
"""Completion reads the table again when the cache is at least this old."""
_MOST_RUNS = 1000
_PLAIN = re.compile(r"[\w.@+-]{1,100}", re.ASCII)
_MAX_NAME = 60
_LARGEST = 16 << 20  # bytes of a file that is read


class CachedRun(msgspec.Struct, frozen=True):
    """A live run: an id prefix, and a line that describes it."""

    id: str
    about: str


class CachedIds(msgspec.Struct, frozen=True):
    """The live runs of a table and their users, read at a time, and the cost of the read in RCU."""

    at: datetime
    runs: tuple[CachedRun, ...] = ()
    users: tuple[str, ...] = ()
    cost: float = 0.0

    def is_fresh(self, now: datetime, read_budget: float) -> bool:
        """Return whether to use the ids as they are. Reads for completion spend at most `read_budget` (RCU/s)."""
        return now - self.at < max(FRESH, timedelta(seconds=min(self.cost / read_budget, 3600)))


def cache_path(settings: Settings) -> Path:
    """Return the file for the table of `settings`."""
    return cache_folder() / "completion" / table_file_name(settings)


def read_cache(settings: Settings) -> CachedIds | None:
    """Return the cached ids; None if there are none, or the file cannot be read."""
    try:
        return msgspec.json.decode(read_regular_file(cache_path(settings), _LARGEST), type=CachedIds)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: no home folder
        return None


def write_cache(settings: Settings, cluster: "Cluster", now: datetime, cost: float) -> None:
    """Write the ids and users of the live runs of `cluster`, read at `now` for `cost` RCU.

    Raises nothing: without a cache, completion reads the table.
    """
    from tui.lists import runs as run_list
    from tui.text.safe import safe
    from tui.watch.model.rows import run_name

    rows = [row for row in run_list.rows(cluster) if row.run.end is None][:_MOST_RUNS]
    runs = (
        CachedRun(row.run.id.short, safe(f"{row.state} {row.run.user} {run_name(row.run)}", _MAX_NAME)) for row in rows
    )
    users = sorted({row.run.user for row in rows if _PLAIN.fullmatch(row.run.user)})
    cached = CachedIds(now, tuple(runs), tuple(users), cost)
    with contextlib.suppress(OSError, RuntimeError):
        path = cache_path(settings)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # with mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(cached))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
