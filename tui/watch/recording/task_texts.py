"""The texts of a failed task in a recording: the last lines of its stderr, and its inspect.

A frame begins with the id of the task and the digest of its inspect object, so that a reader finds it without
decoding all of it.
"""

from datetime import datetime

import msgspec

from store import Digest, TaskID
from tui.watch.recording.frames import MOST_IN_TEXTS, RecordingError
from tui.watch.recording.validity import check_numbers, recordable_text

MOST_LINES = 200
MOST_BYTES = 64 << 10  # of each text; the inspects of real tasks have a few KB

_ID = 32  # bytes
PREFIX = 2 * _ID  # bytes


class TaskTexts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The texts of a failed task, redacted, read at the time `read`.

    `stderr` has at most `MOST_LINES` lines; `is_cut` if there are lines before them. If it is None, `stderr_error` says
    why. `inspect` is the JSON of the inspect object; if it is None, `inspect_error` says why.
    """

    read: datetime
    stderr: bytes | None = None
    is_cut: bool = False
    stderr_error: str = ""
    inspect: bytes | None = None
    inspect_error: str = ""


def encode_texts(task: TaskID, inspect: Digest, texts: TaskTexts) -> bytes:
    """Return the content of a frame. `inspect` is the digest in the row of the task, empty if it has none."""
    errors = {name: recordable_text(getattr(texts, name)) for name in ("stderr_error", "inspect_error")}
    texts = msgspec.structs.replace(texts, **errors)
    data = bytes(task) + (bytes(inspect) or bytes(_ID)) + msgspec.msgpack.encode(texts)
    if len(data) > MOST_IN_TEXTS:
        raise RecordingError(f"the texts of task {task.short} have {len(data)} bytes: too much for a recording")
    return data


def decode_prefix(data: bytes) -> tuple[TaskID, Digest]:
    """Return the task and the digest of its inspect, from the first `PREFIX` bytes of a frame's content."""
    if len(data) < PREFIX or not any(data[:_ID]):
        raise RecordingError("texts of no task")
    inspect = data[_ID:PREFIX]
    return TaskID(data[:_ID]), Digest(inspect if any(inspect) else b"")


def decode_texts(data: bytes) -> TaskTexts:
    """Return the texts in a frame. Raises RecordingError if it holds none."""
    try:
        texts = msgspec.msgpack.decode(memoryview(data)[PREFIX:], type=TaskTexts)
        check_numbers(texts)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise RecordingError(" ".join(str(error).split())[:200] or type(error).__name__) from error
    return texts
