"""Reading of small files without surprises: no FIFO that blocks, no device without an end, no file of gigabytes."""

import errno
import os
import select
import stat
import time
from pathlib import Path

_CHUNK = 1 << 16
_PIPE_TIMEOUT = 10.0  # seconds for the writer of a process substitution
_PIPES = ("/dev/fd/", "/proc/self/fd/")


def read_regular_file(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return the content of the file at `path`, of at most `limit` bytes.

    The null device counts as an empty file, and the pipe of a shell's `<(command)` as the file that it stands for. Any
    other FIFO, device or socket raises OSError at once, as does a file that is too large; its `strerror` says why.
    Raises the OSError of `open`, too, and ValueError for a path that no file can have.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        kind = _kind(status)
        if kind == "a FIFO" and str(path).startswith(_PIPES):
            return _read_pipe(descriptor, path, limit)
        if kind:
            raise OSError(errno.EINVAL, f"it is {kind}", str(path))
        if status.st_size > limit:
            raise _too_large(path, limit)
        return _read(descriptor, path, limit)
    finally:
        os.close(descriptor)


def find_file_problem(path: str | os.PathLike[str], limit: int) -> str:
    """Return why the file at `path` cannot be read, such as `no such file`; empty if nothing is wrong with it."""
    try:
        read_regular_file(Path(path).expanduser(), limit)
    except OSError as error:
        why = error.strerror or str(error)
        return f"{why[:1].lower()}{why[1:]}"
    except (RuntimeError, ValueError) as error:  # the user has no home; not a valid path
        return str(error)
    return ""


def _kind(status: os.stat_result) -> str:
    """Return what a file is if it is not regular; empty for a regular file and for the null device."""
    mode = status.st_mode
    if stat.S_ISREG(mode) or (stat.S_ISCHR(mode) and status.st_rdev == Path(os.devnull).stat().st_rdev):
        return ""
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a FIFO" if stat.S_ISFIFO(mode) else "a device"


def _read(descriptor: int, path: str | os.PathLike[str], limit: int) -> bytes:
    data = bytearray()
    while chunk := os.read(descriptor, _CHUNK):
        data += chunk
        if len(data) > limit:  # it grew, or it is a file of /proc, which has no size
            raise _too_large(path, limit)
    return bytes(data)


def _read_pipe(descriptor: int, path: str | os.PathLike[str], limit: int) -> bytes:
    data = bytearray()
    deadline = time.monotonic() + _PIPE_TIMEOUT
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise OSError(errno.ETIMEDOUT, f"nothing was written to it within {_PIPE_TIMEOUT:g} s", str(path))
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return bytes(data)
        data += chunk
        if len(data) > limit:
            raise _too_large(path, limit)


def _too_large(path: str | os.PathLike[str], limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it has over {limit >> 10} KB", str(path))
