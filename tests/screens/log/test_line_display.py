"""The display of lines: hostile and long ones, wrapping, times."""

from typing import Any

from textual.strip import Strip

from tests.support.log_screen import HOSTILE, RUN_LOG, Shown
from tests.support.rows import NOW, make_run, make_task


def segment_color(strip: Strip) -> Any:
    style = next(iter(strip)).style
    return style and style.color


def text_color(strip: Strip) -> Any:
    """The colour of the text of a line, which has only one."""
    (color,) = {segment.style.color for segment in strip if segment.style and segment.text.strip()}
    return color


async def test_errors_are_coloured_from_the_start(log: Shown) -> None:
    await log.task(stderr=b"begin\nWarning: slow\nValueError: no space\ndone, 0 errors\n", inspect=b"{}")
    async with log.shown():
        for _ in range(2):
            plain, warning, error, success = map(text_color, map(log.screen.view.render_line, range(4)))
            assert plain == success
            assert len({plain, warning, error}) == 3
            await log.press("3", "1")  # an inspect has no such lines, and stderr is as it was


async def test_hostile_lines_are_shown_without_control_characters(log: Shown) -> None:
    await log.task(stderr=HOSTILE)
    async with log.shown():
        (line,) = [line for line in log.body if line]
        assert line == "  ␛]52;c;x␇\ufffd [/x][@click=app.quit]x[/] red x"
        strip = next(strip for strip in log.screen._compositor.render_strips() if "red" in strip.text)
        (red,) = [segment for segment in strip if segment.text == "red"]
        assert red.style
        assert red.style.color != segment_color(strip)


async def test_long_lines_wrap_or_scroll_to_the_right(log: Shown) -> None:
    await log.task(stderr=b"".join(b"%d" % (n % 10) for n in range(200)) + b"\nend\n")
    async with log.shown():
        room = log.screen.view.look.room
        assert len(log.body[0].strip()) == room + 1
        assert log.body[0].endswith("…")
        await log.press("right")
        assert log.body[0].strip()[0] == str(room // 2 % 10)
        await log.press("w")
        assert [len(line.strip()) for line in log.body[:3]] == [room, room, 200 - 2 * room]
        assert log.body[3] == "  end"
        assert "wrapped" in log.text


async def test_wrapping_keeps_the_match_and_the_end_in_sight(log: Shown) -> None:
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    log.stream.write(*(f"line {'x' * 200} {n}" for n in range(40)), "the last one")
    async with log.shown():
        for _ in range(2):
            await log.press("w")
            assert log.body[-1] == "  the last one"
        await log.answer("slash", "35$")
        assert [line for line in log.body if line.startswith("▸")]
        for key in "wttwtt":
            await log.press(key)
            assert [line for line in log.body if line.startswith("▸")]
        await log.press("g")
        assert "12:02:41" in log.body[0]
        await log.press("w")
        assert "12:02:41" in log.body[0]


async def test_a_line_of_200_kb_wraps_and_pages(log: Shown) -> None:
    await log.task(stderr=b"x" * 200_000 + b"\nend\n")
    async with log.shown():
        assert log.body[-1].strip() in ("end", "")
        await log.press("w", "g", "pagedown", "pageup", "G")
        assert "end" in log.text


async def test_times_are_shown_in_turn_and_gone_to(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.press("t")
        assert log.body[-1] == "  12:03:30.000  line 49"
        await log.press("t")
        assert log.body[-1] == "    +0:00:49.0  line 49"
        await log.press("t")
        assert log.body[-1] == "  line 49"
        await log.answer("T", "12:02:51")
        assert log.numbers[0] == 10
        await log.answer("T", "soon")
        assert "is not a time" in log.text


async def test_going_to_a_time_in_the_log_of_a_run(log: Shown) -> None:
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG[:2000]))
    async with log.shown(height=12):
        await log.answer("T", "2026-11-01T12:20:00")
        assert "line 20" in log.body[0]
        await log.press("t")
        assert "have no times" in log.text


async def test_a_line_is_shown_as_a_terminal_leaves_it_or_raw(log: Shown) -> None:
    compiler = b"\x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kunknown type\n"
    await log.task(stderr=compiler + b"  1%\r100%\n\x1b[31mred\nstill red\x1b[0m\nplain\n")
    async with log.shown():
        assert [line.strip() for line in log.body[:5]] == ["error: unknown type", "100%", "red", "still red", "plain"]
        segments = [segment for strip in log.screen._compositor.render_strips() for segment in strip]
        styles = {
            text: segment.style for segment in segments if (text := segment.text.strip()) in ("still red", "plain")
        }
        red, usual = styles["still red"], styles["plain"]
        assert red is not None
        assert usual is not None
        assert red.color != usual.color
        await log.answer("slash", "error: unknown")
        assert "1 of 1" in log.text
        await log.press("R")
        assert log.body[0].strip("▸ ") == "␛[01;31m␛[Kerror: ␛[m␛[Kunknown type"
        assert log.body[1].strip() == "1%␍100%"
        assert "raw" in log.text
        assert "0 lines" in log.text  # the search is for what is shown
        await log.press("R")
        assert log.body[0].strip().endswith("error: unknown type")
        await log.answer("slash", "error(?!x)")
        assert "RE2 has no lookaround and no backreferences" in log.text
