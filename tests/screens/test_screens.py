"""The screens beyond runs and tasks: one task, what deserves attention, the pools."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, FailureReason, Resources
from store.location import Location
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.screens.findings import FindingsScreen
from tui.screens.log.log_screen import LogScreen
from tui.widgets.table import Table

INSPECT = {
    "Config": {"Image": "samtools:1.19", "Cmd": "samtools sort \x1b[31m{{bam}}\nsecond line"},
    "Profile": {
        "mem": {"Max": 15.9 * 2**30, "Mean": 8 * 2**30, "N": 9},
        "cpu": {"Max": 2.0, "Mean": 1.5, "N": 9},
    },
    "Docker": {"State": {"ExitCode": 137, "OOMKilled": True}},
}


class Objects:
    """A repository with one object, or with none."""

    def __init__(self, data: bytes | None) -> None:
        self.data = data

    async def get(self, id: Digest) -> AsyncIterator[bytes]:
        if self.data is None:
            raise Error(ErrorKind.NOT_EXIST, "s3.GetObject", (id.short,), reason=FailureReason.NO_OBJECT)
        yield self.data

    def location(self, id: Digest) -> Location:
        return Location("s3", "reflow-logs", f"objects/{id}", "us-west-2")


class DBWithObjects(ScriptedDB):
    objects = Objects(None)

    @property
    def repository(self) -> Objects:  # type: ignore[override]
        return self.objects


def chained() -> Error:
    return Error(ErrorKind.OTHER, "eval", ("flow",), Error(ErrorKind.OOM, "exec", ("sha256:00",), "killed\nat 15.9G"))


def crowd() -> ScriptedDB:
    """Two runs of two users on one host, a lost host, and a flow of three attempts."""
    return DBWithObjects(
        make_run(1),
        make_run(2, user="bob@example.com"),
        make_task(1, 1, end=ago(seconds=20), err=chained(), attempt=2, flow_id=digest("f"), inspect=digest("inspect")),
        make_task(2, 1, end=ago(minutes=1), err=chained(), attempt=1, flow_id=digest("f"), start=ago(minutes=2)),
        make_task(3, 1, end=ago(minutes=2), err=chained(), attempt=0, flow_id=digest("f"), start=ago(minutes=3)),
        make_task(4, 2, ident="bwa.mem"),
        make_task(5, 2, ident="bwa.mem", alloc_id=digest("a2")),
        make_alloc(resources=Resources({"cpu": 8, "mem": 32 << 30})),
        make_pool(resources=Resources({"cpu": 16, "mem": 64 << 30})),
        make_alloc("a2", "i-0dead", keepalive=ago(minutes=9)),
        make_pool("i-0dead", keepalive=ago(minutes=9)),
        make_pool("i-0old", keepalive=ago(minutes=2), end=ago(minutes=4)),
    )


# A task


async def test_a_task_with_its_errors_attempts_and_hosts() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("enter", "enter")
        assert top.where == "runs › run 01010101 › task 00000000 samtools.sort ✗ failed attempt 3 of 3"
        error = top.lines.index(" ERROR")
        assert top.lines[error + 1 : error + 5] == [
            "   eval flow",
            "     exec sha256:00  OOM error",
            "       killed",
            "       at 15.9G",
        ]
        numbers = [word for word in top.line("1: 00000000").split() if ":" in word]
        assert numbers == ["1:", "2:", "3:"]
        assert "▸ 3: 00000000" in top.text
        assert top.line("state") == "state ✗ retried ✗ retried ✗ failed"
        assert top.line("alloc") == "alloc a1 ● live lease 1m30s left"
        assert top.line("i-0abc  r5.2xlarge  ●") == "pool i-0abc r5.2xlarge ● live lease 1m30s left"
        assert "host i-0abc.example.com" in top.line("host")
        await top.press("left_square_bracket")
        assert "attempt 2 of 3" in top.where
        assert "▸ 2: 00000000" in top.text
        await top.press("escape", "escape")
        assert top.where.startswith("runs 1 failing")


async def test_a_task_shows_requested_and_used_resources() -> None:
    db = crowd()
    assert isinstance(db, DBWithObjects)
    db.objects = Objects(json.dumps(INSPECT).encode())
    async with Dashboard(db).shown(height=50) as top:
        await top.press("enter", "enter")
        assert top.line("peak 15.9G") == "mem ███████████████████▌ 99% peak 15.9G of 16G, mean 8G"
        assert "peak 2 of 4, mean 1.5" in top.text
        assert "samtools sort ␛[31m{{bam}}" in top.text
        assert top.line("exit code") == "exit code 137, killed: out of memory"


async def test_an_unreadable_inspect_object_is_reported() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("enter", "enter")
        assert "the inspect object cannot be read: 14a60637: resource does not exist" in top.text


def url(name: str) -> str:
    key = f"objects%2Fsha256%3A{digest(name).hex}"
    return f"https://us-west-2.console.aws.amazon.com/s3/object/reflow-logs?region=us-west-2&prefix={key}"


async def test_digests_link_to_the_console_by_their_address() -> None:
    db = crowd()
    db.put(
        make_run(1, run_log=digest("log")),
        make_task(1, 1, end=NOW, err=chained(), stderr=digest("stderr"), inspect=digest("inspect")),
    )
    async with Dashboard(db).shown(width=200, height=60) as top:
        await top.press("enter", "enter")
        links: dict[str, str] = {}
        for strip in top.app.screen._compositor.render_strips():
            for segment in strip:
                if segment.style and segment.style.link:
                    links[segment.style.link] = segment.text.strip()
        assert links == {address: address for address in map(url, ("stderr", "inspect", "log"))}


async def test_no_console_link_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Objects, "location", lambda self, id: Location("s3", "reflow-logs", f"objects/{id}"))
    async with Dashboard(crowd()).shown(height=60) as top:
        await top.press("enter", "enter")
        assert str(digest("inspect")) in top.text
        assert "https://" not in top.text


async def test_a_task_is_followed_while_it_is_shown() -> None:
    db = crowd()
    async with Dashboard(db).shown() as top:
        await top.press("j", "enter", "enter")
        assert "● running" in top.where
        db.put(make_task(4, 2, ident="bwa.mem", end=NOW, err=chained()))
        db.put(make_task(5, 2, ident="bwa.mem", alloc_id=digest("a2"), end=NOW, err=chained()))
        await top.refresh()
        assert "✗ failed" in top.where


# What deserves attention


async def test_findings_of_all_runs_and_of_one() -> None:
    async with Dashboard(crowd()).shown(width=160) as top:
        await top.press("e")
        assert top.where.startswith("runs › failures")
        line = " ".join(top.line("▲ failing").split())
        assert "▲ failing 1 20s 20s 5297ed3a samtools.sort: OOM error in 1 flow on r5.2xlarge, killed" in line
        assert "host i-0dead is lost" in top.line("▲ lost host")
        await top.press("g")
        assert top.line("hosts:") == "hosts: i-0abc r5.2xlarge i-0abc.example.com"
        await top.press("escape", "enter", "e")
        assert top.where.startswith("runs › run 01010101 › failures of 01010101")
        assert "lost host" not in top.text
        await top.press("enter")
        assert top.ids == [1]
        await top.press("escape", "escape", "escape")
        assert top.where.startswith("runs 1 failing")


async def test_a_finding_of_two_runs_points_at_neither() -> None:
    failed = [make_task(n, n, end=ago(seconds=20 * n), err=chained()) for n in (1, 2)]
    for runs, run in (((1,), run_id(1)), ((1, 2), None)):
        db = ScriptedDB(*map(make_run, runs), *failed[: len(runs)])
        async with Dashboard(db).shown() as top:
            await top.press("e")
            screen = top.app.screen
            assert isinstance(screen, FindingsScreen)
            assert screen.subject().run_id == run


async def test_findings_of_one_user() -> None:
    async with Dashboard(crowd(), user="bob").shown(width=160) as top:
        await top.press("e")
        assert "lost host" in top.text
        assert "samtools.sort" not in top.text


async def test_nothing_to_find() -> None:
    async with Dashboard(ScriptedDB(make_run(1))).shown() as top:
        await top.press("2")
        assert "No findings: nothing has failed, is stale, lost or slow." in top.text


# Pools


async def test_pools_with_allocs_and_tasks() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("p")
        assert "2 pools 1 stale or lost" in top.where
        assert "✗ lost" in top.line("▸ i-0dead"), "worst first"
        await top.press("down", "down")
        assert "● live" in top.line("▸ i-0abc")
        assert "1 1 █▒· 4/16 █▒· 16/64G 50%" in top.line("▸ i-0abc")
        assert "cpu 4 requested, 8 allocated of 16; mem 16G requested, 32G allocated of 64G" in top.text
        assert "└ a1" in top.text
        assert "1 task of bob's run 02020202: bwa.mem" in top.text
        await top.press("enter")
        assert top.where.startswith("runs › pools › pool i-0abc")
        assert sorted(top.ids) == [1, 2, 3, 4]
        assert "bob" in top.line("bwa.mem ")
        await top.press("escape", "a")
        assert "■ ended" in top.line("i-0old")


async def test_the_heading_counts_hosts_that_ended_under_tasks() -> None:
    ended = make_pool(end=ago(minutes=1)), make_alloc(end=ago(minutes=1))
    async with Dashboard(ScriptedDB(make_run(1), *ended, make_task(1, 1))).shown() as top:
        await top.press("p")
        assert "1 pool 0 stale or lost 1 terminated with tasks" in top.where
    retry = make_task(2, 1, attempt=1, alloc_id=digest("a2"), flow_id=digest("flow 1"))
    async with Dashboard(ScriptedDB(make_run(1), *ended, make_task(1, 1), retry)).shown() as top:
        await top.press("p")
        assert top.where.endswith("1 pool 0 stale or lost")


async def test_a_pool_that_boots_is_starting() -> None:
    booting = make_pool(start=ago(minutes=4), keepalive=ago(minutes=3))
    async with Dashboard(ScriptedDB(make_run(1), booting)).shown() as top:
        await top.press("p")
        assert "1 pool 0 stale or lost" in top.where
        assert "○ starting none yet" in top.line("▸ i-0abc")
        assert "first lease until 2026-11-01 12:00:41 UTC, not renewed yet" in top.text


async def test_pools_from_a_task_begin_at_its_host() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("j", "enter", "slash")
        await top.type("host:i-0dead")
        await top.press("enter", "enter", "p")
        assert "i-0dead" in top.line("▸")
        await top.press("p")
        assert top.where.count("pools") == 2, "the crumb, and how many there are"


async def test_ages_advance_on_every_screen() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("p", "down", "down")
        await top.tick(ahead(seconds=10))
        assert "1m20s left" in top.line("▸ i-0abc")


# Logs


async def test_a_timeline_spans_the_attempts_of_a_flow_and_shows_its_state_as_the_list() -> None:
    flow: dict[str, Any] = {"flow_id": digest("flow")}
    first = make_task(1, 1, start=ago(minutes=30), end=ago(minutes=20), err=OOM, **flow)
    late = make_task(2, 1, start=ago(minutes=10), keepalive=ago(seconds=20), attempt=1, **flow)
    async with Dashboard(ScriptedDB(make_run(1), first, late)).shown(width=160) as top:
        await top.press("enter")
        assert "2 ● late" in top.line("▸ 00000000")
        await top.press("t")
        assert "ATT STATE SPAN WAIT" in top.line("IDENT")
        assert "2 ● late 30m00s 40m00s" in top.line("▸")


async def test_logs_of_a_task_and_of_a_run() -> None:
    async with Dashboard(crowd()).shown() as top:
        await top.press("enter", "l")
        assert isinstance(top.app.screen, LogScreen)
        await top.press("escape", "enter", "l")
        assert isinstance(top.app.screen, LogScreen)
        await top.press("escape", "1", "l")
        assert isinstance(top.app.screen, LogScreen)
        await top.press("escape")
        assert top.where.startswith("runs 1 failing")


async def test_a_screen_that_loses_its_widgets_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log that is read meanwhile is not shown any more: there was an error line instead."""
    async with Dashboard(crowd()).shown() as top:
        await top.press("enter", "l")
        screen, prune, ready = top.app.screen, top.app._prune, list[bool]()
        assert isinstance(screen, LogScreen)
        assert screen.is_ready

        async def pruned(*nodes: Any, **options: Any) -> Any:
            ready.append(screen.is_ready)
            return await prune(*nodes, **options)

        monkeypatch.setattr(top.app, "_prune", pruned)
        await top.press("escape")
        assert ready[0] is False


async def test_logs_need_a_selected_run_or_task() -> None:
    async with Dashboard(ScriptedDB()).shown() as top:
        await top.press("l")
        assert "no run or task is selected" in top.text


async def test_keys_typed_ahead_are_for_the_screen_that_they_lead_to() -> None:
    async with Dashboard(crowd()).shown() as top:
        top.ahead("enter", "enter", "p", "enter")
        await top.settle()
        assert top.where.startswith("runs › run 01010101 › task 00000000 samtools.sort › pools › pool i-0abc")
        top.ahead("1", "slash", "q", "c", "enter")
        await top.settle()
        assert "/qc 0 of 2 match" in top.where
        await top.press("escape")
        top.ahead("enter", "slash", *"oom", "enter")
        await top.settle()
        assert "/oom 3 of 3 match" in top.where


@pytest.mark.parametrize("height", [10, 11, 14])
async def test_a_list_keeps_four_rows_in_a_low_pane(height: int) -> None:
    end = ago(minutes=1)
    tasks = [make_task(number, 1, ident=f"ident{number}", end=end, err=OOM) for number in range(1, 8)]
    hosts = [make_pool(f"i-{number}") for number in range(8)]
    runs = [make_run(number) for number in range(2, 9)]
    async with Dashboard(ScriptedDB(make_run(1), *runs, *tasks, *hosts)).shown(40, height) as top:
        for key in ("1", "e", "p"):
            await top.press(key)
            table = top.app.screen.query_one(Table)
            assert table.size.height >= 5
            assert top.lines[-1].endswith("? help")
