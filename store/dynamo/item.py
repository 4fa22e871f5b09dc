"""One item of the table as it comes over the wire: a struct of the columns we know."""

import msgspec


class Text(msgspec.Struct, gc=False):
    """An attribute of type S; None where it is of another type."""

    S: str | None = None


class Number(msgspec.Struct, gc=False):
    """An attribute of type N; None where it is of another type."""

    N: str | None = None


class Texts(msgspec.Struct, gc=False):
    """An attribute of type SS; None where it is of another type."""

    SS: list[str] | None = None


class TextList(msgspec.Struct, gc=False):
    """An attribute of type L with texts in it; None where it is of another type."""

    L: list[Text] | None = None


class TaskItem(msgspec.Struct, gc=False):
    """The columns of a task, about in the order in which the service sends them. Others are skipped."""

    ID: Text | None = None
    Type: Text | None = None
    RunID: Text | None = None
    AllocID: Text | None = None
    FlowID: Text | None = None
    ImgCmdID: Text | None = None
    Ident: Text | None = None
    Attempt: Number | None = None
    Resources: Text | None = None
    StartTime: Text | None = None
    Keepalive: Text | None = None
    EndTime: Text | None = None
    URI: Text | None = None
    ResultID: Text | None = None
    Stdout: Text | None = None
    Stderr: Text | None = None
    Inspect: Text | None = None
    Error: Text | None = None


class OtherItem(msgspec.Struct, gc=False):
    """The columns of a run, an alloc and a pool. Others are skipped."""

    ID: Text | None = None
    Type: Text | None = None
    Labels: Texts | None = None
    User: Text | None = None
    StartTime: Text | None = None
    Keepalive: Text | None = None
    EndTime: Text | None = None
    AllocID: Text | None = None
    PoolID: Text | None = None
    Resources: Text | None = None
    URI: Text | None = None
    PoolType: Text | None = None
    ClusterName: Text | None = None
    ReflowVersion: Text | None = None
    Bundle: Text | None = None
    Args: Texts | None = None
    ArgList: TextList | None = None
    RunLog: Text | None = None
    EvalGraph: Text | None = None
    Trace: Text | None = None
    ExecLog: Text | None = None
    Syslog: Text | None = None
