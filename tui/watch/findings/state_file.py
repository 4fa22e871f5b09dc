"""Files of the state folder that dashboards and commands share."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from store.regular_file import read_regular_file

_LARGEST = 16 << 20  # bytes of a file that is read

Stamp = tuple[int, int]
"""The time of the last change in nanoseconds, and the size in bytes."""
Write = Callable[[Path, bytes], None]
"""Replaces a file as a whole. Raises OSError."""
Submit = Callable[[Callable[[], Stamp]], "Future[Stamp]"]
"""Runs a function that writes in a thread; calls run one after the other."""


class StateFile:
    """A file that several processes replace as a whole, and read again when another one has replaced it.

    `path` returns the file; None keeps nothing. `write` replaces it; None leaves it as it is. `submit` runs a function
    in a thread, so that `replace` does not wait for the disk. Of several writes the last one counts.
    """

    def __init__(
        self, path: Callable[[], Path] | None = None, write: Write | None = None, submit: Submit | None = None
    ) -> None:
        self._find_path = path
        self._write = write
        self._submit = submit
        self._path: Path | None = None
        self._stamp: Stamp | None = None
        self._writing: Future[Stamp] | None = None
        self._failure: OSError | None = None

    @property
    def is_opened(self) -> bool:
        """Whether `news` has been called."""
        return self._path is not None

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way."""
        if self._writing is not None and self._writing.done():
            self.wait()
        return self._writing is not None

    def news(self) -> bytes | None:
        """Return the content if another process has replaced it since the last call; None otherwise.

        It is None, too, if the file cannot be read, and while what was written last is not yet in the file.
        """
        if self._find_path is None or self.is_writing or self._failure is not None:
            return None
        if self._path is None:
            self._path = self._find_path()
        try:
            stat = self._path.stat()
            stamp = stat.st_mtime_ns, stat.st_size
            if stamp == self._stamp:
                return None
            data = read_regular_file(self._path, _LARGEST)
        except (OSError, ValueError):
            return None
        self._stamp = stamp
        return data

    def replace(self, data: bytes) -> "Future[Stamp] | None":
        """Replace the file, in the thread if there is one: then return the write, whose error is an OSError.

        Raises OSError if there is no thread and the file cannot be written.
        """
        if self._path is None or self._write is None:
            return None
        if self._submit is None:
            self.replace_now(data)
            return None
        self._writing = self._submit(partial(_replace, self._write, self._path, data))
        return self._writing

    def replace_now(self, data: bytes) -> None:
        """Replace the file after the writes under way, and wait until it is written. Raises OSError."""
        self.wait()
        if self._path is not None and self._write is not None:
            try:
                self._stamp = _replace(self._write, self._path, data)
            except OSError as error:
                self._failure = error
                raise
            self._failure = None

    def wait(self) -> OSError | None:
        """Wait for the writes under way; return the error of the last write, or None if the file has its data."""
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                self._stamp = writing.result()
            except OSError as error:
                self._failure = error
            else:
                self._failure = None
        return self._failure


def _replace(write: Write, path: Path, data: bytes) -> Stamp:
    write(path, data)
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
