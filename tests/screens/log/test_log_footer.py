"""The keys that the log screen shows, its messages, its tabs in a narrow terminal, and the position in the log."""

from tests.support.dashboard import Dashboard, cluster
from tests.support.log_screen import RUN_LOG, Shown, numbered
from tests.support.rows import NOW, make_run


async def test_keys_without_use_are_not_in_the_footer(log: Shown) -> None:
    await log.task(stderr=numbered(3))
    async with log.shown():
        assert "v level" not in log.lines[-1]
        assert "F follow" not in log.lines[-1]
        assert "n next" not in log.lines[-1]
        assert "w wrap" in log.lines[-1]
        await log.answer("/", "line")
        assert "n next" in log.lines[-1]
        await log.press("escape")
        assert "n next" not in log.lines[-1]
        await log.press("3")
        assert "/ search" not in log.lines[-1], "there is no inspect"
        assert "q back" in log.lines[-1]


async def test_keys_of_a_log_that_grows_and_of_a_run_log_are_in_the_footer(log: Shown) -> None:
    log.stream.write("line 0")
    async with log.shown():
        assert "F follow" in log.lines[-1]
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG))
    async with log.shown():
        assert "v level" in log.lines[-1]
        assert "F follow" not in log.lines[-1]


async def test_keys_say_why_they_do_nothing(log: Shown) -> None:
    await log.task(stderr=numbered(3))
    async with log.shown():
        await log.press("n")
        assert log.lines[-2].startswith(" no search; / and e start one ")
        for key in ("slash", "&", "T"):
            await log.press("3", key)
            assert log.lines[-2] == " no log is open", key


async def test_a_message_goes_with_the_next_key() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("l", "slash")
        assert "no log is open" in top.lines[-2]
        await top.press("j")
        assert "no log is open" not in top.text


async def test_a_narrow_terminal_drops_the_last_tabs(log: Shown) -> None:
    await log.task(stderr=b"err\n")
    async with log.shown(width=50):
        assert log.lines[1].split() == ["log", "00000000", "1", "stderr", "2", "stdout", "3", "inspect"]
        await log.press("5")
        assert log.lines[1].split() == ["log", "00000000", "1", "stderr", "2", "stdout", "5", "trace"]


async def test_the_status_line_tells_the_position(log: Shown) -> None:
    await log.task(stderr=numbered(100))
    async with log.shown():
        assert log.lines[-2].endswith(" 100% of 100 lines")
        await log.press("g")
        assert log.lines[-2].endswith(f" {len(log.body)}% of 100 lines")
        await log.press("j")
        assert log.lines[-2].endswith(f" {len(log.body) + 1}% of 100 lines")
        await log.answer("&", "0$")
        assert log.lines[-2].endswith(" 10 lines")


async def test_a_time_that_is_not_in_the_log_leaves_the_position_or_goes_to_the_end(log: Shown) -> None:
    await log.task(stderr=numbered(3_000))
    async with log.shown():
        await log.answer("T", "12:00")
        assert "no line has a time at or after that" in log.lines[-2]
        assert log.numbers[-1] == 2999
        await log.press("g", "pagedown")
        top = log.numbers[0]
        await log.answer("T", "12:00")
        assert log.numbers[0] == top


async def test_a_time_after_the_last_line_goes_to_the_end(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.answer("T", "12:03:40")
        assert "no line has a time at or after that" in log.lines[-2]
        assert log.numbers[-1] == 49
        assert "following" in log.lines[-2]
