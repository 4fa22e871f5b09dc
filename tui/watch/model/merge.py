"""Merging of two reads of one row. Index reads are eventually consistent and can be older than an earlier read."""

from typing import TypeVar

import msgspec

from store import Alloc, PoolRow, Run, Task

R = TypeVar("R", Run, Task, Alloc, PoolRow)


def merged(old: R, new: R) -> R:
    """Return what is known of a row that was read as `old` and then as `new`; one of the two objects if it is complete.

    The lease never goes backwards, an end is final, and a field that was set stays set, since fields are only ever
    added to a row. The exception is the error of an ended task, which a second completion can remove.
    """
    if new is old or new == old:
        return old
    older = _is_older(new, old)
    late, early = (old, new) if older else (new, old)
    missing = {
        name: value for name in late.__struct_fields__ if not getattr(late, name) and (value := getattr(early, name))
    }
    if late.end is not None:
        missing.pop("err", None)
    if early.keepalive is not None and (late.keepalive is None or early.keepalive > late.keepalive):
        missing["keepalive"] = early.keepalive
    return msgspec.structs.replace(late, **missing) if missing else late


def _is_older(new: Run | Task | Alloc | PoolRow, old: Run | Task | Alloc | PoolRow) -> bool:
    if old.end is not None and new.end is None:
        return True
    if new.end is not None and old.end is None:
        return False
    return old.keepalive is not None and (new.keepalive is None or new.keepalive < old.keepalive)
