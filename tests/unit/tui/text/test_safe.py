"""Untrusted text comes out visible and harmless, and values are humanised alike everywhere."""

import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from store import Digest, Error, ErrorKind, Resources, Run, TimeFields
from tui.text import bars, durations, formats
from tui.text.safe import safe, safe_lines
from tui.widgets.content import content

NOW = datetime(2026, 12, 1, 12, 3, 41, tzinfo=UTC)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
VARIATION_SELECTORS = {chr(code) for block in (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for code in block}

BAD = "\x00\x07\x1b\x7f\x85\x9b\x9d\u00ad\u034f\u061c\u200b\u200d\u200e\u202e\u2066\u2069\ufe0f\ufeff\ue000\U000e0041"
WILD = st.text(st.characters() | st.sampled_from(BAD) | st.sampled_from("a [/x]界\u0301\u0336\U0001f469\U0001f3fd\n\t"))
LIMITS = st.integers(1, 40)


def longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for char in text:
        run = 0 if get_character_cell_size(char) else run + 1
        longest = max(longest, run)
    return longest


@given(WILD, LIMITS)
@example("a" * 50, 1)
@example("界界界", 4)
@example("\u0301" * 5000, 3)
@example(("a" + "\u0301" * 100) * 50, 9)
def test_nothing_but_visible_text_within_the_limit_comes_out(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert not {unicodedata.category(char) for char in shown} & FORBIDDEN
    assert not VARIATION_SELECTORS & set(shown)
    assert cell_len(shown) <= limit
    assert longest_run_of_marks(shown) <= 4
    assert not shown or get_character_cell_size(shown[0])


@given(WILD, LIMITS)
@example("\u202e" + "a\u0301\u0301\u0301\u0301\u0301\u0301b", 3)
def test_safe_text_stays_as_it_is(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert safe(shown, limit) == shown


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_untouched(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;cm0gLXJmIC8=\x07", "␛]52;c;cm0gLXJmIC8=␇"),
        ("\x1b]8;;http://evil\x1b\\here", "␛]8;;http://evil␛\\here"),
        ("\x9b31m \x9d52;c;eA==\x9c", "�31m �52;c;eA==�"),
        ("one\ttwo\r\nthree\x7f", "one␉two␍␊three␡"),
        ("user\u202egpj.exe\u2066x\u2069", "user�gpj.exe�x�"),
        ("zero\u200bwidth\ufeff\u00ad", "zero�width��"),
        ("a\u2028b\u2029c\u0085d", "a�b�c�d"),
        ("hidden\U000e0068\U000e0069", "hidden��"),
        ("private\ue0b0 surrogate\ud800 unassigned\U000e0fff", "private� surrogate� unassigned�"),
        ("\u3164\u115f\u1160\uffa0", "����"),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f469�\U0001f469�\U0001f467"),
        ("❤\ufe0f", "❤�"),
        ("no\u00a0break\u3000wide", "no break wide"),
        ("e\u0301", "e\u0301"),
        ("Z" + "\u0336" * 30 + "algo", "Z\u0336\u0336\u0336\u0336…algo"),
        ("\u0336slash", "�slash"),
        ("[/x] [@click=app.quit]q[/] \\[", "[/x] [@click=app.quit]q[/] \\["),
        ("", ""),
        ("日本語 résumé ●", "日本語 résumé ●"),
    ],
)  # fmt: skip
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert safe("samtools.sort", 8) == "samtool…"
    assert safe("界界界界", 8) == "界界界界"
    assert safe("界界界界界", 8) == "界界界 …"
    assert safe("é" * 100_000, 3) == "éé…"
    assert len(safe("x" * 100_000)) == 1000
    assert safe("a" + "\u0301" * 100_000, 9) == "a\u0301\u0301\u0301\u0301……"


def test_lines_are_split_at_newlines_only_and_tabs_expanded() -> None:
    assert safe_lines("one\n\ttwo\r\n\nth\x0bree\x1b[K\r\n") == ["one", "        two", "", "th␋ree␛[K"]
    assert safe_lines("") == []
    assert safe_lines("\n") == [""]
    assert safe_lines("x" * 50 + "\ny", 10) == ["xxxxxxxxx…", "y"]


@pytest.mark.parametrize("text", ["[/x]", "[@click=app.quit]quit[/]", "[b]bold", "\\[", "[link=x]\x1b]52;c;\x07"])
def test_content_parses_no_markup(text: str) -> None:
    assert content(text).plain == safe(text)
    assert content(text).spans == []
    assert content(text, "bold").plain == safe(text)


@pytest.mark.parametrize(
    ("seconds", "age", "duration"),
    [
        (-5, "0s", "0s"),
        (42, "42s", "42s"),
        (69, "1m", "1m09s"),
        (41 * 60 + 59, "41m", "41m59s"),
        (3600, "1h00m", "1h00m"),
        (2 * 3600 + 13 * 60, "2h13m", "2h13m"),
        (76 * 3600, "3d4h", "3d4h"),
        (400 * 86400, "400d0h", "400d0h"),
    ],
)
def test_time_spans(seconds: int, age: str, duration: str) -> None:
    assert durations.age(timedelta(seconds=seconds)) == age
    assert durations.duration(timedelta(seconds=seconds)) == duration


@pytest.mark.parametrize(
    ("start", "keepalive", "ended", "text"),
    [
        (3600, 102, False, "1m42s left"),
        (3600, 0, False, "0s left"),
        (3600, -12, False, "expired 12s ago"),
        (3600, -252, False, "expired 4m ago"),
        (3600, -2 * 86400, False, "expired 2d ago"),
        (30, -30, False, "none yet"),
        (30, None, False, "none yet"),
        (3600, None, False, "expired 1h ago"),
        (None, None, False, "-"),
        (3600, 60, True, "-"),
    ],
)
def test_lease(start: int | None, keepalive: int | None, ended: bool, text: str) -> None:
    row = Run(
        start=None if start is None else NOW - timedelta(seconds=start),
        keepalive=None if keepalive is None else NOW + timedelta(seconds=keepalive),
        end=NOW if ended else None,
    )
    assert durations.lease(row, NOW) == text


def test_long_leases_count_in_steps() -> None:
    row = TimeFields(start=NOW - timedelta(hours=1), keepalive=NOW + timedelta(seconds=37))
    shown = [durations.steady_lease(row, NOW + timedelta(seconds=second)) for second in range(41)]
    assert shown[:28] == [f"{left}s left" for left in [35] * 3 + [30] * 5 + [25] * 5 + [20] * 5 + [15] * 5 + [10] * 5]
    assert shown[28:] == [f"{9 - second}s left" for second in range(10)] + [f"expired {each}s" for each in (1, 2, 3)]
    ended = TimeFields(start=NOW, keepalive=NOW + timedelta(minutes=2), end=NOW)
    assert durations.steady_lease(ended, NOW) == "-"


def test_times() -> None:
    tokyo = datetime.fromisoformat("2026-12-01T18:50:00+09:00")
    assert durations.clock(tokyo) == durations.clock(tokyo, NOW) == "09:50"
    assert durations.clock(tokyo, NOW + timedelta(days=1)) == "12-01 09:50"
    assert durations.moment(tokyo) == "2026-12-01 09:50:00 UTC"
    assert durations.clock(None) == durations.moment(None) == "-"


def test_names() -> None:
    assert formats.digest(Digest.parse("sha256:77aa01ff" + 56 * "0")) == "77aa01ff"
    assert formats.digest(Digest.ZERO) == "-"
    assert formats.user("amy@example.com") == "amy"
    assert formats.user("@\x1b[2J") == "@␛[2J"
    assert formats.user("") == "-"
    assert formats.labels({"sample": "s\x1b", "project": "p1"}) == "project=p1 sample=s␛"
    assert formats.labels({}) == ""


def test_resources() -> None:
    assert formats.resources(Resources({"disk": 1.5 * 2**40, "gpu": 1, "cpu": 0.5, "mem": 2**34})) == (
        "mem:16G cpu:0.5 disk:1.5T gpu:1"
    )
    assert formats.resources(Resources({"mem": 0, "a\x1b": 2})) == "a␛:2"
    assert formats.resources(Resources()) == "-"
    assert [formats.size(amount) for amount in (0, 999, 1024, 999_999)] == ["0B", "999B", "1K", "976.6K"]


@pytest.mark.parametrize(
    ("done", "total", "bar"),
    [
        (0, 80, "··········"),
        (1, 80, "▌·········"),
        (55, 80, "██████▌···"),
        (79, 80, "█████████▌"),
        (80, 80, "██████████"),
        (90, 80, "██████████"),
        (0, 0, "··········"),
        (3, 0, "··········"),
        (-3, 9, "··········"),
    ],
)
def test_progress(done: int, total: int, bar: str) -> None:
    assert bars.progress(done, total, 10) == bar


def test_errors_are_one_line() -> None:
    failure = Error(ErrorKind.OTHER, "exec", ("align\x1b[2J",), Error(ErrorKind.OOM, "run", (), "killed\nby kernel"))
    assert formats.error(failure) == "exec align␛[2J: run: OOM error: killed by kernel"
    assert formats.error(None) == ""
    assert len(formats.error(Error(cause="x" * 400_000))) == 1000


def test_the_door_needs_no_textual() -> None:
    command = "import sys, tui.text.safe; sys.exit('textual' in sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True)
