"""Filters, whose runs, since when, sorting, `:`: what is typed in the last line, and what comes of it."""

from datetime import timedelta

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.commands.cluster_read import read_past
from tui.query.filter import parse
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.widgets.text_page import TextPage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_filter_applies_while_it_is_typed(top: Dashboard) -> None:
    await top.press("slash")
    assert "? help, text, state: user: run: host:" in top.lines[-1]
    await top.type("stal")
    assert top.ids == [3]
    assert "/stal 1 of 3 match" in top.where
    await top.press("enter")
    assert top.lines[-1].startswith(" enter tasks")
    await top.press("escape")
    assert top.ids == [1, 3, 2]
    assert "match" not in top.where


async def test_a_filter_by_key_by_value_and_by_task(top: Dashboard) -> None:
    for text, ids in [
        ("user:bob", [2]),
        ("!user:bob state:failing,stale", [1, 3]),
        ("label:project=p1", [1]),
        ("error:oom", [1]),
        ("host:i-0abc pool:r5.2", [1]),
        ("ident:samtools age:>30m", [1]),
        ("nothing like it", []),
    ]:
        await top.press("slash", "ctrl+u")
        await top.type(text)
        await top.press("enter")
        assert top.ids == ids
    assert "No row of 3 matches nothing like it. / changes the filter, esc clears it." in top.text


async def test_an_invalid_filter_is_reported_and_undone(top: Dashboard) -> None:
    await top.press("j", "slash")
    await top.type("usr:amy")
    await top.press("enter")
    assert "no key 'usr'; there are state" in top.text
    await top.press("escape")
    assert top.ids == [1, 3, 2]
    assert "03030303" in top.line("▸")


async def test_an_incomplete_filter_is_reported_when_it_is_entered() -> None:
    async with Dashboard(cluster()).shown(100, 30) as top:
        for text, message in [
            ("-user:", "user: needs a value: the owner of the run"),
            ("user:", "user: needs a value: the owner of the run"),
            ("age:>", "age: '>' is not an amount; the time since the start: >1h30m, <10m"),
            ("-", "no text after -; quotes make it a text"),
            ('"unclosed', 'no closing " after "unclosed'),
        ]:
            await top.press("slash", "ctrl+u")
            await top.type(text)
            assert message not in top.text
            await top.press("enter")
            assert top.lines[-2] == f" {message}"
            await top.press("escape")


async def test_filter_completes_keys_and_values(top: Dashboard) -> None:
    await top.press("slash", "l", "tab")
    assert top.lines[-1].startswith(" /label:")
    await top.press("p", "tab", "enter")
    assert "/label:project=p1 1 of 3 match" in top.where
    await top.press("escape", "slash", "up")
    assert top.lines[-1].startswith(" /label:project=p1")


async def test_wrong_values_are_refused_as_they_are_typed(top: Dashboard) -> None:
    await top.press("slash")
    await top.type("state:st")
    assert top.ids == [3]
    assert "not one of" not in top.text
    await top.type("o")
    assert "state: 'sto' is not one of starting, running, failing," in top.lines[-2]
    assert top.ids == [3], "the last valid filter applies"
    await top.press("backspace")
    assert "not one of" not in top.text
    await top.press("ctrl+u")
    await top.type("age:>")
    assert "not an amount" not in top.text, "it is not complete yet"
    await top.press("enter")
    assert "age: '>' is not an amount" in top.lines[-2]


async def test_completion_offers_every_state_and_times(top: Dashboard) -> None:
    await top.press("slash")
    await top.type("state:")
    assert top.lines[-1].split()[1:4] == ["starting", "running", "failing"]
    await top.type("st")
    assert top.lines[-1].split()[1:] == ["starting", "stalled", "stale"]
    await top.press("ctrl+u")
    await top.type("since:")
    assert top.lines[-1].split()[1:] == ["10m", "1h", "24h"]


async def test_question_mark_in_a_filter_explains_it() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await top.press("slash")
        await top.type("amy ?")
        assert "FILTERS" in top.text
        assert "state:               starting, running, failing" in top.text
        assert "attempt:" not in top.text, "runs have none"
        await top.press("escape")
        assert "FILTERS" not in top.text
        assert top.lines[-1].startswith(" /amy")
        await top.type("sta")
        assert top.lines[-1].startswith(" /amy sta")
        await top.press("ctrl+u")
        await top.type("e?")
        assert "FILTERS" not in top.text
        await top.press("escape", "colon")
        await top.type("filter-help")
        await top.press("enter")
        assert "FILTERS" in top.text


async def test_filter_help_fits_one_page_on_every_list() -> None:
    keys = (("1",), ("enter",), ("b",), ("1", "e"), ("1", "p"), ("1", "t"))
    async with Dashboard(cluster()).shown(80, 24) as top:
        for each in keys:
            await top.press(*each, "slash", "question_mark")
            page = top.app.screen.query_one(TextPage)
            assert page.max_scroll_y == 0
            assert "KEYS OF THIS LIST" in top.text
            await top.press("escape", "escape")


async def test_mark_mode_is_shown_and_moves_to_the_first_match(top: Dashboard) -> None:
    await top.press("f")
    assert "mark mode" in top.where
    await top.press("slash")
    await top.type("bob")
    assert top.ids == [1, 3, 2]
    assert "02020202" in top.line("▸")
    await top.press("escape")
    assert "01010101" in top.line("▸")
    await top.press("slash")
    await top.type("bob")
    await top.press("enter")
    assert "mark mode /bob 1 of 3 match" in top.where
    await top.refresh()
    assert "02020202" in top.line("▸")
    await top.press("f")
    assert top.ids == [2]
    assert "mark mode" not in top.where


async def test_mark_mode_leaves_the_cursor_on_a_match(top: Dashboard) -> None:
    await top.press("slash")
    await top.type("amy")
    await top.press("enter", "j", "f")
    assert "03030303" in top.line("▸")


async def test_mark_mode_marks_matches_and_n_finds_the_next(top: Dashboard) -> None:
    await top.press("slash")
    await top.type("amy")
    await top.press("enter", "f")
    assert top.ids == [1, 3, 2]
    assert "/amy 2 of 3 match" in top.where
    marked = [
        strip for strip in top.app.screen._compositor.render_strips() if any(s.text.strip() == "amy" for s in strip)
    ]
    assert len(marked) == 2
    await top.press("g", "n")
    assert "03030303" in top.line("▸")
    await top.press("n")
    assert "01010101" in top.line("▸")
    await top.press("N")
    assert "03030303" in top.line("▸")
    await top.press("f")
    assert top.ids == [1, 3]


async def test_a_filter_stays_with_its_list(top: Dashboard) -> None:
    await top.press("enter", "slash")
    await top.type("state:failed")
    await top.press("enter")
    assert top.ids == [1]
    await top.press("1")
    assert top.ids == [1, 3, 2]
    await top.press("enter")
    assert top.ids == [1]
    await top.press("escape")
    assert top.ids == [1, 2, 4, 3]
    await top.press("escape")
    assert top.ids == [1, 3, 2]


async def test_a_filter_from_the_command_line() -> None:
    async with Dashboard(cluster(), filter=parse("state:stale")).shown() as top:
        assert top.ids == [3]
        assert "/state:stale 1 of 3 match" in top.where


async def test_user_command_shows_one_user_or_all(top: Dashboard) -> None:
    await top.press("u", "b", "tab", "enter")
    assert top.ids == [2]
    assert "user bob" in top.where
    await top.press("u", "ctrl+u", "enter")
    assert top.ids == [1, 3, 2]


async def test_looking_further_back() -> None:
    db = cluster()
    db.put(make_run(5, start=ago(hours=3), end=ago(hours=2), keepalive=ago(hours=2)))
    async with Dashboard(db).shown() as top:
        await top.press("a")
        assert top.ids == [1, 3, 2, 4]
        await top.press("w", "ctrl+u")
        await top.type("soon")
        await top.press("enter")
        assert "'soon' is not a time" in top.lines[-2]
        await top.press("ctrl+u")
        await top.type("5h")
        await top.press("enter")
        assert "in the last 5h" in top.where
        assert top.ids == [1, 3, 2, 4, 5]


async def test_command_prompt_completes_and_runs(top: Dashboard) -> None:
    await top.press("colon")
    await top.type("user bob")
    await top.press("enter")
    assert top.ids == [2]
    await top.press("colon")
    await top.type("us all")
    await top.press("enter")
    assert top.ids == [1, 3, 2]
    await top.press("colon")
    await top.type("re")
    await top.press("enter")
    assert "'re' is ambiguous:" in top.lines[-2]
    await top.press("ctrl+u")
    await top.type("pause now")
    await top.press("enter")
    assert "pause takes no argument" in top.lines[-2]
    await top.press("escape", "colon")
    await top.type("filter state:stale")
    await top.press("enter")
    assert top.ids == [3]


async def test_reverse_in_the_default_order_says_how_to_sort(top: Dashboard) -> None:
    await top.press("R")
    assert top.lines[-1] == " sorted worst first; > sorts by a column"
    assert top.ids == [1, 3, 2]


async def test_sorting_by_keys(top: Dashboard) -> None:
    await top.press("greater_than_sign")
    assert "RUN↑" in top.text
    assert top.ids == [1, 2, 3]
    await top.press("R")
    assert "RUN↓" in top.text
    assert top.ids == [3, 2, 1]
    await top.press("less_than_sign")
    assert top.ids == [1, 3, 2]
    for text, title, ids in [
        ("sort failed", "FAIL↓", [1, 3, 2]),
        ("sort failed asc", "FAIL↑", [3, 2, 1]),
        ("sort age", "AGE↓", [1, 3, 2]),
        ("sort run desc", "RUN↓", [3, 2, 1]),
    ]:
        await top.press("colon")
        await top.type(text)
        await top.press("enter")
        assert title in top.text
        assert top.ids == ids
    await top.press("0")
    assert "↓" not in top.text
    assert top.ids == [1, 3, 2]
    await top.press("F")
    assert "FAIL↓" in top.text
    await top.press("F")
    assert "FAIL↑" in top.text
    await top.press("colon")
    await top.type("sort user")
    await top.press("enter")
    assert "USER↑" in top.text
    await top.press("colon")
    await top.type("sort nothing")
    await top.press("enter")
    assert "no column 'nothing' to sort by" in top.text


async def test_the_palette_offers_the_commands_of_the_screen(top: Dashboard) -> None:
    await top.press("ctrl+p")
    await top.type("active runs")
    await top.until(lambda: "Show active runs only" in top.text)
    await top.press("enter")
    assert top.ids == [1, 3, 2, 4]


@pytest.mark.parametrize("keys", ["q", ":q space"])
async def test_keys_are_text_while_a_prompt_is_open(top: Dashboard, keys: str) -> None:
    await top.press("slash")
    await top.type(keys)
    assert top.app.is_running
    assert all(char.isprintable() for char in top.lines[-1])


async def test_a_filter_shows_new_matching_rows() -> None:
    db = cluster()
    async with Dashboard(db, filter=parse("user:bob")).shown() as top:
        db.put(make_run(6, user="bob"), make_task(9, 6, end=NOW, err=OOM), make_run(7, user="carol"))
        await top.refresh()
        assert top.ids == [6, 2]


async def test_a_time_before_the_session_is_read_from_the_table() -> None:
    db = cluster()
    then = NOW.replace(hour=2, minute=10, second=0)
    alive = {"start": then - timedelta(minutes=30), "keepalive": then + timedelta(minutes=20)}
    db.put(
        make_run(5, **alive, end=then + timedelta(minutes=19)),
        make_run(6, **{**alive, "start": then + timedelta(minutes=5)}, end=then + timedelta(minutes=19)),
        make_task(9, 5, **alive, end=then + timedelta(minutes=18), err=OOM),
    )
    async with Dashboard(db).shown() as top:
        await top.press("T")
        await top.type("02:10")
        await top.press("enter")
        while (past := top.app.session.past) is not None and past.progress.share < 1:
            await top.settle()
        await top.settle()
        assert "❮❮ as of 2026-11-01 02:10 UTC" in top.where
        assert top.ids == [5]
        assert "● running ✗ failed -" in top.line("▸")  # then, later, and the lease, which is not known
        assert "LATER" in top.text
        await top.press("enter")
        assert top.ids == [9]
        assert "● running ✗ failed" in top.line("▸")
        await top.press("enter")
        assert "✗ failed at 2026-11-01 02:28:00 UTC" in top.line("failed")
        await top.press("T")
        await top.type("2026-11-01T02:10..2026-11-01T02:20")
        await top.press("enter")
        await top.settle()
        assert "as of 2026-11-01 02:20 UTC, ran since 2026-11-01 02:10" in top.where
        assert sorted(top.ids) == [5, 6]
        settings = Settings(table="reflow-prod", since=Moment("02:10", time=then), read_budget=1e9)
        listing = await read_past(db, settings, then + timedelta(minutes=10), NOW)
        assert [row.run.id[0] for row in listing.run_rows()] == top.ids  # `ps` says the same
        await top.press("T")
        await top.type("02:20..02:10")
        await top.press("enter")
        assert "ends before it begins" in top.lines[-2]
        await top.press("ctrl+u")
        await top.type("20m ago")
        await top.press("enter")
        await top.settle()
        assert "as of 2026-11-01 11:43:41 UTC" in top.where
        assert 5 not in top.ids
        await top.press("L")
        assert top.ids == [1, 3, 2]


async def test_the_window_reaches_until_now(top: Dashboard) -> None:
    await top.press("w")
    await top.type("02:10")
    await top.press("enter")
    assert "since 2026-11-01 02:10 UTC" in top.where
    assert top.app.session.past is None
    await top.press("w")
    await top.type("02:10..02:20")
    await top.press("enter")
    assert "a window always ends now, like 02:10; T 02:10..02:20 goes to the past" in top.text


async def test_an_empty_past_window(top: Dashboard) -> None:
    await top.press("T")
    await top.type("2026-10-01")
    await top.press("enter")
    await top.until(lambda: "as of 2026-10-02 00:00 UTC, ran since 2026-10-01 00:00" in top.where)


async def test_an_unmoved_cursor_stays_on_the_most_urgent_row() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        assert "01010101" in top.line("▸")
        for number in (6, 7):
            db.put(make_run(number, start=ago(minutes=30 - number)), make_task(number + 20, number, end=NOW, err=OOM))
            await top.refresh()
            assert f"0{number}0{number}" in top.line("▸")


async def test_going_back_restores_the_cursor() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        await top.press("enter")
        db.put(make_run(6, start=ago(minutes=5)), make_task(26, 6, end=NOW, err=OOM))
        await top.refresh()
        await top.press("escape")
        assert top.ids == [6, 1, 3, 2]
        assert "01010101" in top.line("▸")
