"""The main function of the process of the simulated cluster."""

import sys

import pytest

import store
from store import Error, ErrorKind
from tui.demo import simulate


def test_error_of_a_task_group_is_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ExceptionGroup("tasks", [ExceptionGroup("inner", [Error(ErrorKind.NET, "dial", (), "refused\nby host")])])

    monkeypatch.setattr(sys, "argv", ["simulate", "http://127.0.0.1:1", "table", "bucket", "1"])
    monkeypatch.setattr(simulate, "exit_with_parent", lambda: None)
    monkeypatch.setattr(store, "setup", fail)
    with pytest.raises(SystemExit) as raised:
        simulate.main()
    assert raised.value.code == "dial: network error: refused by host"
