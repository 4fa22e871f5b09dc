"""Switching the theme and the cluster while the dashboard runs."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from store import Error, ErrorKind, TaskDB
from tests.support.clock import settle
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import make_run
from tests.support.scripted_db import ScriptedDB
from tui.screens.actions import switch
from tui.screens.runs import RunsScreen
from tui.settings import Settings
from tui.settings.clusters import Clusters

CONFIG = """
table = "reflow-prod"
[clusters.staging]
table = "reflow-staging"
region = "eu-west-1"
[clusters.slow]
table = "reflow-slow"
[clusters.gone]
table = "nope"
[clusters.odd]
interval = "soon"
"""


class TwoClusters(Dashboard):
    """A dashboard that can switch to the cluster `staging`; the table of `gone` cannot be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(cluster())
        path = folder / "config.toml"
        path.write_text(CONFIG)
        self.staging = ScriptedDB(make_run(9, user="eve"))
        self.gone = ScriptedDB()
        self.gone.failure = Error(ErrorKind.NOT_EXIST, "query", (), "Requested resource not found")
        self.slow = ScriptedDB(make_run(8, user="dan"))
        self.slow_answers = asyncio.Event()
        self.app._clusters = self.app.session.clusters = Clusters({"config": str(path), "table": "reflow-prod"}, {})
        self.app._connect = self._connect

    @asynccontextmanager
    async def _connect(self, settings: Settings) -> AsyncIterator[TaskDB]:
        self.seen.append(f"open {settings.table}")
        tables = {"reflow-staging": self.staging, "reflow-slow": self.slow}
        try:
            if settings.table == "reflow-slow":
                await self.slow_answers.wait()
            yield tables.get(settings.table, self.gone)
        finally:
            self.seen.append(f"close {settings.table}")


async def test_ctx_shows_another_cluster_on_the_first_screen(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        await top.press("colon", *"theme nord", "enter", "enter", "enter", "l")
        await top.press("colon", *"ctx sta", "tab", "enter")
        while not top.app.poller.cluster.runs:
            await top.pilot.pause()
        await top.settle()
        assert top.seen == ["opened", "open reflow-staging", "closed"]
        assert [type(screen) for screen in top.app.screen_stack] == [RunsScreen]
        assert top.lines[0].split()[:2] == ["reflowtop", "reflow-staging"]
        assert "eu-west-1" in top.lines[0]
        assert top.ids == [9]
        assert top.app.theme == "nord"
        await top.press("slash", *"eve", "enter")  # keys reach the new screen
        assert "1 of 1 match" in top.where
    await settle()
    assert top.seen[-1] == "close reflow-staging"
    assert top.app.return_value is None


async def test_the_cluster_chosen_last_is_shown_even_if_an_earlier_one_answers_later(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        await top.answer("colon", "ctx slow")
        await top.until(lambda: "open reflow-slow" in top.seen)
        await top.answer("colon", "ctx staging")
        await top.until(lambda: top.ids == [9])
        assert top.seen == ["opened", "open reflow-slow", "close reflow-slow", "open reflow-staging", "closed"]
        await top.press("enter")
        top.slow_answers.set()
        await top.settle()
        assert len(top.app.screen_stack) == 2
        await top.press("escape", "r")
        assert top.ids == [9]


async def test_a_cluster_chosen_while_the_one_before_is_shown_replaces_it(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    top.slow_answers.set()
    async with top.shown():
        files_are_closed, calls = asyncio.Event(), list[str]()

        async def close_files() -> None:
            calls.append("close")
            await files_are_closed.wait()

        top.app.session.close_files = close_files  # type: ignore[method-assign]
        await top.answer("colon", "ctx slow")
        await top.until(lambda: "open reflow-slow" in top.seen)
        await top.answer("colon", "ctx staging")
        files_are_closed.set()
        await top.until(lambda: top.ids == [9])
        assert top.seen[-1] == "close reflow-slow"
        assert calls == ["close"]  # the second switch closes the session of the first one


@pytest.mark.parametrize("keys", [["e", "N"], ["slash"], ["f12"], ["question_mark", "slash"]], ids="-".join)
async def test_a_cluster_that_answers_while_the_user_types_waits(
    keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "_LOOK", 0.001)
    top = TwoClusters(tmp_path)
    async with top.shown():
        await top.answer("colon", "ctx slow")
        await top.press(*keys)
        opened = top.app.screen
        top.slow_answers.set()
        await top.until(lambda: "reflow-slow is ready; it is shown when" in top.text)
        await top.type("xqq")
        assert top.app.screen is opened
        assert top.app.session.settings.table == "reflow-prod"
        top.app.clear_notifications()
        await top.press("escape")
        await top.until(lambda: top.app.session.settings.table == "reflow-slow" and top.ids == [8])


async def test_the_screen_that_opens_as_another_cluster_is_shown_closes(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():

        async def close_files() -> None:
            top.app.action_help()

        top.app.session.close_files = close_files  # type: ignore[method-assign]
        await top.answer("colon", "ctx staging")
        await top.until(lambda: top.ids == [9])
        assert len(top.app.screen_stack) == 1


async def test_reads_of_the_cluster_before_end_before_its_table_is_closed(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        files_are_closed, reading = asyncio.Event(), list[str]()

        async def close_files() -> None:
            await files_are_closed.wait()

        top.app.session.close_files = close_files  # type: ignore[method-assign]
        await top.answer("T", "11:00")
        assert [worker for worker in top.app.workers if worker.group == "past"]
        await top.answer("colon", "ctx staging")
        await top.until(lambda: "closed" in top.seen)
        reading += [worker.group for worker in top.app.workers if worker.group == "past"]
        files_are_closed.set()
        await top.until(lambda: top.ids == [9])
        assert not reading


async def test_notes_that_a_switch_cannot_write_are_reported(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        top.app.session.flush_files = lambda: OSError(  # type: ignore[method-assign]
            errno.ENOSPC, "No space left on device", "notes.json"
        )
        await top.answer("colon", "ctx staging")
        await top.until(lambda: top.ids == [9])
        why = "notes and acknowledgements of this session are not kept: notes.json: No space left on device"
        assert why in top.text


async def test_ctx_names_the_error_of_a_configuration_file_that_became_invalid(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        (tmp_path / "config.toml").write_text("not = [toml")
        await top.answer("colon", "ctx staging")
        assert "config.toml" in top.text
        assert "no section" not in top.text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stagin", "unknown cluster 'stagin'; did you mean staging?"),
        ("odd", "clusters.odd.interval"),
        ("gone", "nope: "),
    ],
)
async def test_cluster_that_cannot_be_shown_leaves_the_old_one(name: str, message: str, tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        await top.press("enter", "colon", *f"ctx {name}", "enter")
        await top.settle()
        assert message in top.text
        assert len(top.app.screen_stack) == 2
        await top.press("escape", "escape")
        assert top.ids == [1, 3, 2]
        await top.refresh()
        assert top.app.session.settings.table == "reflow-prod"


async def test_ctx_without_clusters_says_where_they_are_declared() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("colon", *"ctx other", "enter")
        assert "there is no other cluster: the configuration file has no section [clusters.NAME]" in top.text


async def test_palette_offers_the_clusters(tmp_path: Path) -> None:
    top = TwoClusters(tmp_path)
    async with top.shown():
        titles = [command.title for command in top.app.get_system_commands(top.app.screen)]
        assert {"ctx staging", "ctx gone", "ctx odd"} <= set(titles)


async def test_theme_is_switched_by_name_and_completed() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("colon", *"theme nord", "enter")
        assert top.app.theme == "nord"
        await top.press("colon", *"theme reflowtop-l", "tab", "enter")
        assert top.app.theme == "reflowtop-light"
        await top.press("colon", *"theme", "enter", *"drac", "tab", "enter")
        assert top.app.theme == "dracula"


async def test_unknown_theme_is_refused_with_a_suggestion() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("colon", *"theme nrod", "enter")
        assert "unknown theme 'nrod'; did you mean nord?" in top.text
        assert top.app.theme == "reflowtop-dark"
