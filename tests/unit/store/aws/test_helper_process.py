"""Helpers that end, hang, fill their output, and leave children behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store.aws.helper_process import HelperError, describe_wait, kill_all, run_helper
from tests.support.processes import is_running
from tests.support.servers import wait_until


class Helper:
    """A shell script that waits, with a child in its group that does, too, and notes the ids of both."""

    def __init__(self, folder: Path, script: str = "wait") -> None:
        self._begun = folder / "begun"
        part = folder / "part"
        self.arguments = [
            "sh",
            "-c",
            f"sleep 600 & echo $$ $! > {part}; mv {part} {self._begun}; {script}",
        ]

    async def begun(self) -> tuple[int, ...]:
        """Return the processes once they run."""
        await asyncio.to_thread(wait_until, self._begun.exists)
        return tuple(map(int, self._begun.read_text().split()))


async def assert_ended(processes: tuple[int, ...]) -> None:
    await asyncio.to_thread(wait_until, lambda: not any(map(is_running, processes)))


async def test_the_output_of_a_helper_is_returned() -> None:
    ended = await run_helper(["sh", "-c", "echo out; echo words >&2; exit 3"], "login")
    assert ended == (3, b"out\n", b"words\n")


async def test_a_helper_has_no_input_and_no_terminal() -> None:
    code = "import os, sys; print(sys.stdin.read() or os.getsid(0) == os.getpid())"
    assert (await run_helper([sys.executable, "-c", code], "login")).output == b"True\n"


async def test_large_words_keep_the_begin_and_the_end() -> None:
    ended = await run_helper(["sh", "-c", "echo first >&2; yes | head -c 3000000 >&2; echo last >&2"], "login")
    assert ended.words.startswith(b"first\ny\n")
    assert ended.words.endswith(b"y\nlast\n")
    assert len(ended.words) < 5000


@pytest.mark.parametrize("script", ["yes", "head -c 100000 /dev/zero", "yes & exec sleep 600"])
async def test_output_without_an_end_is_given_up(script: str) -> None:
    with pytest.raises(HelperError, match="printed over 64 KB"):
        await run_helper(["sh", "-c", script], "login")


async def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    helper = Helper(tmp_path, script="echo done")
    ended = await run_helper(helper.arguments, "login")
    assert ended == (0, b"done\n", b"")
    _, child = await helper.begun()
    assert is_running(child)  # an agent that the login starts
    os.kill(child, signal.SIGKILL)


async def test_a_helper_is_killed_with_its_children_after_the_time_limit(tmp_path: Path) -> None:
    helper = Helper(tmp_path)
    limited = asyncio.create_task(run_helper(helper.arguments, "login", timeout=0.5))
    processes = await helper.begun()
    with pytest.raises(HelperError, match=r"did not end within 0\.5 s"):
        await limited
    await assert_ended(processes)


@pytest.mark.parametrize("script", ["wait", "trap '' TERM INT HUP; wait; wait"])
async def test_a_helper_is_killed_with_its_children_when_cancelled(tmp_path: Path, script: str) -> None:
    helper = Helper(tmp_path, script)
    running = asyncio.create_task(run_helper(helper.arguments, "login"))
    processes = await helper.begun()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await assert_ended(processes)
    assert describe_wait(patience=0) == ""


async def test_a_running_helper_is_described(tmp_path: Path) -> None:
    helper = Helper(tmp_path)
    running = asyncio.create_task(run_helper(helper.arguments, "credential_process login"))
    processes = await helper.begun()
    await asyncio.to_thread(wait_until, lambda: bool(describe_wait(patience=0)))
    assert describe_wait(patience=0).startswith("credential_process login, ")
    assert describe_wait(patience=3600) == ""
    kill_all()
    assert (await running).status == -signal.SIGKILL
    await assert_ended(processes)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, None])
async def test_no_helper_outlives_the_program(tmp_path: Path, end: signal.Signals | None) -> None:
    helper = Helper(tmp_path)
    leaves = "asyncio.get_running_loop().call_later(0.5, sys.exit, 7)" if end is None else "None"
    code = f"""
import asyncio, sys
from store.aws.helper_process import run_helper

async def main():
    {leaves}
    await run_helper({helper.arguments!r}, "login")

asyncio.run(main())
"""
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=subprocess.DEVNULL)
    processes = await helper.begun()
    if end is not None:
        program.send_signal(end)
    assert await program.wait() == (7 if end is None else -end)
    await assert_ended(processes)


async def test_signal_handlers_are_as_before(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    await run_helper(["true"], "login")
    assert signal.getsignal(signal.SIGTERM) is before


async def test_many_helpers_leave_no_descriptors() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    await run_helper(["true"], "login")
    before = descriptors()
    for _ in range(20):
        await run_helper(["sh", "-c", "echo x"], "login")
        with pytest.raises(OSError, match="No such file"):
            await run_helper(["/nope"], "login")
    assert descriptors() <= before
