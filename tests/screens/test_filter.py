"""Filters of lists: typing, completion, help, and marking of matches."""

import pytest

from store import Liveness
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, make_run, make_task
from tui.query.filter import parse
from tui.watch.model.states import LATE, RETRIED, State
from tui.widgets.text_page import TextPage

pytestmark = pytest.mark.asyncio(loop_scope="module")

TASK_WORDS = [*(state for state in State if state.facts.is_of_tasks), LATE, RETRIED]


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
            ("age:>", "age: '>' is not an amount; the age, or the time a task took: >1h30m"),
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


async def test_every_state_is_offered_for_its_beginning_and_accepted(top: Dashboard) -> None:
    for keys, words in ((("1",), [*State, LATE]), (("1", "t"), TASK_WORDS), (("1", "p"), [*Liveness, LATE])):
        await top.press(*keys)
        for word in words:
            await top.press("slash", "ctrl+u")
            await top.type(f"state:{word[:-1]}")
            assert word in top.lines[-1].split()[1:]
            await top.type(word[-1])
            await top.press("enter")
            assert f"/state:{word} " in top.where, word
            await top.press("escape")


async def test_completion_offers_states_and_times(top: Dashboard) -> None:
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
    await top.answer("slash", "bob")
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


async def test_a_filter_shows_new_matching_rows() -> None:
    db = cluster()
    async with Dashboard(db, filter=parse("user:bob")).shown() as top:
        db.put(make_run(6, user="bob"), make_task(9, 6, end=NOW, err=OOM), make_run(7, user="carol"))
        await top.refresh()
        assert top.ids == [6, 2]
