"""Merging of two reads of one row. Index reads are eventually consistent and can be older than an earlier read."""

from typing import TypeVar

import msgspec

from store import Alloc, PoolRow, Run, Task

R = TypeVar("R", Run, Task, Alloc, PoolRow)


def merged(old: R, new: R) -> R:
    """Return what is known of a row that was read as `old` and then as `new`; `old` itself if `new` adds nothing.

    The lease never goes backwards, an end is final, and a field that was set stays set, since fields are only ever
    added to a row. The exception is the error of an ended task, which a second completion can remove.

    The id is the object that `old` has, and after a renewal so are all fields but the lease: the session history keeps
    the id of every renewal of half an hour, and with an object for each it took four times the memory that it counts.
    """
    if new is old or new == old:
        return old
    if old.keepalive is not None and new.keepalive is not None and new.keepalive > old.keepalive:
        renewed = msgspec.structs.replace(old, keepalive=new.keepalive)
        if renewed == new:
            return renewed
    is_older = _is_older(new, old)
    late, early = (old, new) if is_older else (new, old)
    changed = {
        name: value for name in late.__struct_fields__ if not getattr(late, name) and (value := getattr(early, name))
    }
    if late.end is not None:
        changed.pop("err", None)
    if early.keepalive is not None and (late.keepalive is None or early.keepalive > late.keepalive):
        changed["keepalive"] = early.keepalive
    if late is new:
        changed["id"] = old.id
    return msgspec.structs.replace(late, **changed) if changed else late


def _is_older(new: Run | Task | Alloc | PoolRow, old: Run | Task | Alloc | PoolRow) -> bool:
    if old.end is not None and new.end is None:
        return True
    if new.end is not None and old.end is None:
        return False
    return old.keepalive is not None and (new.keepalive is None or new.keepalive < old.keepalive)
