"""Writing an incident bundle: two new files, readable only by their owner."""

import errno
import os
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TextIO

from tui.export.incident.contents import Incident
from tui.export.incident.json_document import data
from tui.export.incident.markdown import markdown

_BARRED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)
_MOST_NAMES = 100


class Bundle(NamedTuple):
    """The files of a bundle: the document, and the data."""

    text: Path
    data: Path


def write(incident: Incident, folder: Path | None = None) -> Bundle:
    """Write `incident` to new files in `folder`, by default the current one, or the user's own if that is not writable.

    Raises OSError with a sentence as its text if it cannot be written; then no file is left behind.
    """
    if folder is not None:
        return _write(incident, folder)
    try:
        return _write(incident, Path.cwd())
    except OSError as error:
        if error.errno not in _BARRED:
            raise
    import platformdirs

    return _write(incident, platformdirs.user_data_path("reflowtop", appauthor=False))


def _write(incident: Incident, folder: Path) -> Bundle:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as after_failure:
            text, values = _new_files(folder, f"reflowtop-{incident.name}-{incident.written:%Y%m%dT%H%M%SZ}")
            bundle = Bundle(Path(text.name), Path(values.name))
            for path in bundle:
                after_failure.callback(path.unlink, missing_ok=True)
            with text, values:
                values.writelines(f"{line}\n" for line in data(incident))
                text.writelines(f"{line}\n" for line in markdown(incident, bundle.data.name))
            after_failure.pop_all()
    except OSError as error:
        raise _sentence(folder, error) from error
    return bundle


def _new_files(folder: Path, stem: str) -> tuple[TextIO, TextIO]:
    """Two files, open for writing, with the first name that neither has yet."""
    for name in (stem, *(f"{stem}-{number}" for number in range(2, _MOST_NAMES))):
        try:
            text = _new_file(folder / f"{name}.md")
        except FileExistsError:
            continue
        try:
            return text, _new_file(folder / f"{name}.json")
        except OSError as error:
            text.close()
            Path(text.name).unlink()
            if not isinstance(error, FileExistsError):
                raise
    raise FileExistsError(errno.EEXIST, "there are too many of that name")


def _new_file(path: Path) -> TextIO:
    def opened(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, "x", encoding="utf-8", errors="replace", newline="\n", opener=opened)


def _sentence(folder: Path, error: OSError) -> OSError:
    return _UnwritableError(error.errno, f"no bundle in {folder}: {error.strerror or error}")


class _UnwritableError(OSError):
    def __str__(self) -> str:
        return str(self.strerror)
