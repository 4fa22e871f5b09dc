"""New files of the user: where they go unless asked otherwise, and how they are created.

A new file is readable only by its owner. It never replaces anything and is never written through a symbolic link;
`write_whole` replaces files of our own in the state folder.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tui.settings import Settings
from tui.text.addresses import host_of

if TYPE_CHECKING:
    from datetime import datetime

_MOST_NAMES = 100
_LONGEST_NAME = 150  # characters; temporary files add some
_DIGITS = 16
_LONGEST_SHOWN = 160  # characters of a path in a sentence: two of the three lines that an error may have


def state_folder() -> Path:
    """Return the platform's state folder for reflowtop, such as `~/.local/state/reflowtop`. It may not exist yet."""
    import platformdirs  # not needed for the first frame

    return platformdirs.user_state_path("reflowtop", appauthor=False)


def cache_folder() -> Path:
    """Return the platform's cache folder for reflowtop, such as `~/.cache/reflowtop`. It may not exist yet."""
    import platformdirs

    return platformdirs.user_cache_path("reflowtop", appauthor=False)


def acknowledgements_path(settings: Settings) -> Path:
    """Return the file in the state folder that keeps what was acknowledged on the table of `settings`."""
    return state_folder() / "acknowledged" / table_file_name(settings)


def memory_path(settings: Settings) -> Path:
    """Return the file in the state folder that keeps the failures seen on the table of `settings`, and notes."""
    return state_folder() / "memory" / table_file_name(settings)


def table_file_name(settings: Settings) -> str:
    """Return the name of a file about the table of `settings`, such as `reflow-prod-us-west-2.json`.

    A long name, such as that of a table with 250 characters, ends in a digest: file systems permit 255 bytes.
    """
    where = host_of(settings.endpoint_url) or settings.region or "default"
    table = f"{settings.table}@{where}"
    name = re.sub(r"[^\w.-]", "-", table, flags=re.ASCII)
    if len(name) > _LONGEST_NAME:
        import hashlib  # the first frame needs none

        digest = hashlib.sha256(table.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[:_LONGEST_NAME]}-{digest[:_DIGITS]}"
    return f"{name}.json"


def find_unused(folder: Path, name: str, *suffixes: str) -> Path:
    """Return a path in `folder` for a new file: `name` with the first suffix, numbered if it is taken.

    It is taken if there is a file with any of the suffixes.
    """
    for stem in (name, *(f"{name}-{number}" for number in range(2, _MOST_NAMES))):
        if not any(os.path.lexists(folder / f"{stem}{suffix}") for suffix in suffixes):
            break
    return folder / f"{stem}{suffixes[0]}"


def handoff_name(now: "datetime") -> str:
    """Return the name of a new handoff page, without its suffix: `reflowtop-handoff-20261101T020000Z`."""
    return f"reflowtop-handoff-{now:%Y%m%dT%H%M%SZ}"


def abbreviate(path: Path) -> str:
    """Return a path as the user would type it, with `~` for the home folder. Not yet safe to show."""
    try:
        return str("~" / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # elsewhere; no home folder
        return str(path)


def shorten(path: str | os.PathLike[str], limit: int = _LONGEST_SHOWN) -> str:
    """Return a path for a sentence: abbreviated, and the middle of one of more than `limit` characters becomes `…`.

    What the sentence says of the path is not cut off then. Not yet safe to show.
    """
    from tui.text.formats import shorten_middle  # --help loads no library for widths of characters

    return shorten_middle(abbreviate(Path(path)), limit)


def parse_path(text: str, default: Path) -> Path:
    """Return the path for a new file that the user typed: `default` for a blank text, its name in an existing folder.

    Raises ValueError, with the reason, if there is a file already, no folder for it, or no file can have that path.
    """
    if not text.strip():
        return default
    if "\0" in text:
        raise ValueError("not a path")
    try:
        path = Path(text.strip()).expanduser()
    except RuntimeError as error:
        from tui.text.formats import shorten_middle

        raise ValueError(f"no such user: {shorten_middle(text, _LONGEST_SHOWN)}") from error
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises OSError for some paths before Python 3.14
        path /= default.name
    check_unused(path)
    if path.parent != default.parent and not os.path.isdir(path.parent):  # noqa: PTH112
        raise ValueError(f"no folder {shorten(path.parent)}")
    return path


def check_unused(path: Path) -> None:
    """Raise ValueError if there is anything at `path`, even a symbolic link that leads nowhere, or it is too long."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise ValueError(f"{shorten(path)}: {explain(error)}") from error
    raise ValueError(f"{shorten(path)} exists already")


def create(path: Path) -> BinaryIO:
    """Create a file for writing, and the state folder if it belongs there.

    Raises FileExistsError if there is anything at `path`, and OSError if it cannot be created.
    """
    if path.parent == state_folder():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


@contextlib.contextmanager
def open_new(path: Path) -> Iterator[BinaryIO]:
    """Create a file as `create` does, for the block to write. Remove it if the block fails: a retry needs its name.

    Raises FileExistsError if there is anything at `path`, and OSError, which names `path`, if it cannot be written.
    """
    with _names(path):
        file = create(path)
        try:
            with file:
                yield file
                file.flush()  # before the blocks of other files end
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def write_new(path: Path, data: bytes) -> None:
    """Write a file as `open_new` does, with the errors of that."""
    with open_new(path) as file:
        file.write(data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file of the state folder, or replace it as a whole; only its owner can read it.

    Another process reads either the old content or the new one, never a mix. Raises OSError, which names a file, if it
    cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _names(path, replaces=True):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # readable by the user alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _names(path: Path, *, replaces: bool = False) -> Iterator[None]:
    """Add `path` to an OSError without a file name, such as that of a write to an open file.

    `replaces` is whether it takes the place of any name, such as that of a temporary file.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or (error.filename is not None and not replaces):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def explain(error: OSError) -> str:
    """Return the operating system's description of an error."""
    return error.strerror or str(error)


def describe(error: OSError, limit: int = _LONGEST_SHOWN) -> str:
    """Return the file of an error and its reason in about `limit` characters: a longer path loses its middle."""
    reason = explain(error)
    if not isinstance(error.filename, str | bytes):
        return reason
    return f"{shorten(os.fsdecode(error.filename), max(20, limit - len(reason) - 2))}: {reason}"
