"""Shell commands that show a row."""

import json
import shutil
import subprocess

import pytest

from store import Task
from tests.support.rows import task_id
from tui.export import shell_commands as invocation
from tui.settings import Settings


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_a_shell_takes_a_command_as_it_was_meant() -> None:
    settings = Settings(table="t", profile="it's; rm -rf ~ $(x)", endpoint_url="http://h:1/?a&b")
    command = invocation.dashboard(settings, "state:failing user:amy")
    printed = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    ).stdout
    assert printed.splitlines() == [
        *("reflowtop", "--table", "t", "--profile", "it's; rm -rf ~ $(x)", "--endpoint-url", "http://h:1/?a&b"),
        "state:failing user:amy",
    ]
    item = invocation.get_item(settings, task_id(1))
    assert json.loads(item.split("--key ")[1].strip("'")) == {"ID": {"S": str(Task(id=task_id(1)).id)}}
