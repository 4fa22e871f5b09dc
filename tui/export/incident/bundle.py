"""Writing an incident bundle: two new files, readable only by their owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tui.export.incident.contents import Incident
from tui.export.incident.json_document import data
from tui.export.incident.markdown import markdown
from tui.terminal import new_files

TEXT, DATA = ".md", ".json"


class Bundle(NamedTuple):
    """The files of a bundle: the document, and the data."""

    text: Path
    data: Path


@dataclass(frozen=True)
class RenderedBundle:
    """A bundle in memory."""

    incident: Incident
    data: bytes

    @property
    def size(self) -> int:
        """The bytes of both files."""
        return len(self.text(name(self.incident))) + len(self.data)

    def text(self, stem: str) -> bytes:
        """Return the document, which names the data file `stem`.json."""
        return _encoded(f"{line}\n" for line in markdown(self.incident, f"{stem}{DATA}"))


def render(incident: Incident) -> RenderedBundle:
    """Render `incident`. With many tasks this takes seconds."""
    return RenderedBundle(incident, _encoded(f"{line}\n" for line in data(incident)))


def name(incident: Incident) -> str:
    """Return the name of the bundle's files, without a suffix: the run and the time of writing."""
    return f"reflowtop-{incident.name}-{incident.written:%Y%m%dT%H%M%SZ}"


def default_path(incident: Incident) -> Path:
    """Return a path in the platform's state folder at which there is neither a document nor data."""
    return new_files.find_unused(new_files.state_folder(), name(incident), TEXT, DATA)


def files_at(path: Path) -> Bundle:
    """Return the files of a bundle at `path`, whose suffix may be that of either or missing."""
    stem = path.with_suffix("") if path.suffix in (TEXT, DATA) else path
    return Bundle(stem.with_name(f"{stem.name}{TEXT}"), stem.with_name(f"{stem.name}{DATA}"))


def write(incident: Incident, folder: Path | None = None) -> Bundle:
    """Write `incident` to new files in `folder`, by default the platform's state folder.

    Raises OSError with a sentence as its text if it cannot be written; then no file is left behind.
    """
    rendered = render(incident)
    if folder is None:
        return save(rendered, default_path(incident))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _sentence(folder, error) from error
    return save(rendered, new_files.find_unused(folder, name(incident), TEXT, DATA))


def save(rendered: RenderedBundle, path: Path) -> Bundle:
    """Write a bundle to two new files at `path`, with the suffixes of each.

    Raises OSError with a sentence as its text if it cannot be written; then no file is left behind.
    """
    files = files_at(path)
    try:
        with new_files.open_new(files.text) as text, new_files.open_new(files.data) as data_file:
            text.write(rendered.text(files.text.stem))
            data_file.write(rendered.data)
            text.flush()  # an error while it is closed would be too late to remove the other one
    except OSError as error:
        raise _sentence(path.parent, error) from error
    return files


def _encoded(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "replace")


def _sentence(folder: Path, error: OSError) -> OSError:
    return _UnwritableError(error.errno, f"no bundle in {new_files.shorten(folder)}: {new_files.explain(error)}")


class _UnwritableError(OSError):
    def __str__(self) -> str:
        return str(self.strerror)
