"""Search and filter of a log."""

from tests.support.log_screen import RUN_LOG, Shown, numbered
from tests.support.rows import NOW, make_run


async def test_search_moves_between_matches_and_counts_them(log: Shown) -> None:
    await log.task(stderr=numbered(3_000))
    async with log.shown():
        await log.press("g")
        await log.answer("/", "line 299[0-9]")
        assert "▸ line 2990" in log.body
        assert "1 of 10" in log.text
        await log.press("n", "n", "N")
        assert "▸ line 2991" in log.body
        assert "2 of 10" in log.text
        await log.answer("/", "nowhere")
        assert "not found below" in log.text
        assert "0 lines" in log.text
        await log.press("g")
        await log.answer("/", "line 7(")
        assert "not found" in log.text, "what is no expression is a text"
        await log.press("slash", "x", "escape")
        assert log.screen.is_current


async def test_a_search_reads_on(log: Shown) -> None:
    await log.task(stderr=numbered(10_000))
    async with log.shown():
        await log.press("g")
        await log.answer("/", "line 8000$")
        assert "▸ line 8000" in log.body


async def test_filter_shows_matching_lines_with_context(log: Shown) -> None:
    await log.task(stderr=numbered(3_000))
    async with log.shown():
        await log.press("g")
        await log.answer("&", "777$")
        assert log.numbers == [777, 1777, 2777]
        await log.press("plus")
        assert log.numbers[:4] == [776, 777, 778, 1776]
        assert "± 1 line" in log.text
        assert "± 1 lines" not in log.text
        await log.press("minus")
        await log.answer("&", "!1")
        assert log.numbers[:2] == [777, 778], "the position before the filter"
        await log.press("g")
        assert log.numbers[:3] == [0, 2, 3]
        await log.answer("&", "")
        assert log.numbers[:3] == [0, 1, 2]


async def test_v_filters_a_run_log_by_level(log: Shown) -> None:
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG))
    async with log.shown():
        await log.press("v", "v")
        assert "error or worse" in log.text
        assert [line.split("]")[-1].strip() for line in log.body if line] == ["line 70", "goes on", "line 90"]
        await log.press("v")
        assert "or worse" not in log.text


async def test_errors_of_a_task(log: Shown) -> None:
    await log.task(stderr=numbered(100) + b"ERROR: no space\n" + numbered(1000))
    async with log.shown():
        await log.press("e")
        assert "▸ ERROR: no space" in log.body


async def test_commands_by_name(log: Shown) -> None:
    await log.task(stderr=numbered(3_000), stdout=b"out\n")
    async with log.shown():
        await log.answer(":", "search line 299[0-9]")
        assert "/line 299[0-9]  1 of 10+" in log.text, "the log before them has not been read"
        await log.answer(":", "filter 77$")
        assert all(number % 100 == 77 for number in log.numbers)
        await log.answer(":", "time soon")
        assert "is not a time" in log.text
        await log.press("escape")
        await log.answer(":", "stdout")
        assert log.body[0] == "  out"
        await log.answer("T", "soon")
        assert "is not a time" in log.text
        await log.press("escape")
        assert log.screen.is_current


async def test_escape_clears_the_search_then_the_filter_then_goes_back(log: Shown) -> None:
    await log.task(stderr=numbered(30))
    async with log.shown():
        await log.answer("&", "line 2")
        await log.answer("/", "line 21")
        await log.press("escape")
        assert "/line 21" not in log.text
        assert all(number == 2 or 20 <= number < 30 for number in log.numbers)
        await log.press("escape")
        assert 3 in log.numbers
        assert log.screen.is_current
        await log.press("escape")
        assert not log.screen.is_current


async def test_an_expression_that_backtracking_would_never_finish(log: Shown) -> None:
    await log.task(stderr=b"a" * 100_000 + b"!\nend\n")
    async with log.shown():
        await log.answer("slash", "(a+)+$")
        assert "not found" in log.text
        await log.answer("ampersand", "(a|aa)+$")
        assert not [line for line in log.body if line.strip()]
        await log.answer("ampersand", "^(a|aa)+")
        assert "aaaa" in log.text
