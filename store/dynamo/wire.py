"""One item of the table as it comes over the wire: a struct of the columns we know.

Any column may be absent, and any attribute of another type than it should be: both are None. They are declared as if
they were there, so that the code for the rows as they should be need not ask; see `decode`.
"""

from typing import Any

import msgspec

_ABSENT: Any = None


class Text(msgspec.Struct, gc=False):
    """An attribute of type S: a string."""

    S: str = _ABSENT


class Number(msgspec.Struct, gc=False):
    """An attribute of type N: a number, as text."""

    N: str = _ABSENT


class Texts(msgspec.Struct, gc=False):
    """An attribute of type SS: a set of strings."""

    SS: list[str] = _ABSENT


class TextList(msgspec.Struct, gc=False):
    """An attribute of type L with texts in it."""

    L: list[Text] = _ABSENT


class Item(msgspec.Struct, gc=False):
    """The columns of a task, an alloc or a pool. Others are skipped."""

    ID: Text = _ABSENT
    Type: Text = _ABSENT
    RunID: Text = _ABSENT
    AllocID: Text = _ABSENT
    FlowID: Text = _ABSENT
    ImgCmdID: Text = _ABSENT
    Ident: Text = _ABSENT
    Attempt: Number = _ABSENT
    Resources: Text = _ABSENT
    StartTime: Text = _ABSENT
    Keepalive: Text = _ABSENT
    EndTime: Text = _ABSENT
    URI: Text = _ABSENT
    ResultID: Text = _ABSENT
    Stdout: Text = _ABSENT
    Stderr: Text = _ABSENT
    Inspect: Text = _ABSENT
    Error: Text = _ABSENT
    PoolID: Text = _ABSENT
    PoolType: Text = _ABSENT
    ClusterName: Text = _ABSENT
    User: Text = _ABSENT
    ReflowVersion: Text = _ABSENT


class ItemID(msgspec.Struct, gc=False):
    """The id of an item whose other columns cannot be read."""

    ID: Text = _ABSENT


class RunItem(msgspec.Struct, gc=False):
    """The columns of a run. Others are skipped."""

    ID: Text = _ABSENT
    Labels: Texts = _ABSENT
    User: Text = _ABSENT
    Bundle: Text = _ABSENT
    Args: Texts = _ABSENT
    ArgList: TextList = _ABSENT
    StartTime: Text = _ABSENT
    Keepalive: Text = _ABSENT
    EndTime: Text = _ABSENT
    RunLog: Text = _ABSENT
    EvalGraph: Text = _ABSENT
    Trace: Text = _ABSENT
    ExecLog: Text = _ABSENT
    Syslog: Text = _ABSENT
