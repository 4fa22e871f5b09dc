"""Values of rows as short, safe text."""

import math

from hypothesis import given
from hypothesis import strategies as st

from store import Digest, Error, ErrorKind, Resources
from tui.text import formats


def test_names() -> None:
    assert formats.digest(Digest.parse("sha256:77aa01ff" + 56 * "0")) == "77aa01ff"
    assert formats.digest(Digest.ZERO) == "-"
    assert formats.user("amy@example.com") == "amy"
    assert formats.user("@\x1b[2J") == "@␛[2J"
    assert formats.user("") == "-"
    assert formats.labels({"sample": "s\x1b", "project": "p1"}) == "project=p1 sample=s␛"
    assert formats.labels({}) == ""


def test_series_and_alternatives() -> None:
    assert [formats.series(list(names), 2) for names in ("", "a", "ab", "abcde")] == [
        "",
        "a",
        "a, b",
        "a, b and 3 more",
    ]
    assert [formats.alternatives(list(names)) for names in ("", "a", "ab", "abc")] == ["", "a", "a or b", "a, b or c"]


def test_resources() -> None:
    assert formats.resources(Resources({"disk": 1.5 * 2**40, "gpu": 1, "cpu": 0.5, "mem": 2**34})) == (
        "mem:16G cpu:0.5 disk:1.5T gpu:1"
    )
    assert formats.resources(Resources({"mem": 0, "a\x1b": 2})) == "a␛:2"
    assert formats.resources(Resources()) == "-"
    amounts = [formats.amount("gpu", value) for value in (0.0042, 3.996, 12.0, 1234.0, 1234.5, 1e9)]
    assert amounts == ["0.0042", "4", "12", "1234", "1.23e+03", "1e+09"]
    assert [formats.size(amount) for amount in (0, 999, 1024, 999_999)] == ["0B", "999B", "1K", "976.6K"]


def test_errors_are_one_line() -> None:
    failure = Error(ErrorKind.OTHER, "exec", ("align\x1b[2J",), Error(ErrorKind.OOM, "run", (), "killed\nby kernel"))
    assert formats.error(failure) == "exec align␛[2J: OOM error: run: killed by kernel"
    assert formats.error(None) == ""
    assert len(formats.error(Error(cause="x" * 400_000))) == 1000


def test_amounts_that_are_no_numbers() -> None:
    assert [formats.size(amount) for amount in (math.inf, -math.inf, math.nan)] == ["inf", "-inf", "nan"]
    assert [formats.amount(name, math.nan) for name in ("mem", "cpu")] == ["nan", "nan"]


def test_no_amount_but_0_is_shown_as_0_and_no_share_but_1_as_all() -> None:
    assert [formats.percent(share) for share in (0, 0.004, 0.006, 0.5, 0.994, 0.996, 1, 1.2)] == (
        ["0%", "<1%", "1%", "50%", "99%", ">99%", "100%", "120%"]
    )
    assert [formats.progress(share) for share in (0, 0.004, 0.57, 0.996, 1)] == ["0%", "0%", "57%", "99%", "100%"]
    assert [formats.decimal(amount) for amount in (0, 0.04, 0.06, 6.26)] == ["0.0", "<0.1", "0.1", "6.3"]
    assert [formats.dollars(amount) for amount in (0, 0.00001, 0.0042, 0.126)] == [
        "$0.00",
        "<$0.0001",
        "$0.0042",
        "$0.13",
    ]


def test_counts_fit_a_narrow_column() -> None:
    assert [formats.compact(number) for number in (0, 9999, 10_000, 999_999, 1_250_000, 12_345_678)] == (
        ["0", "9999", "10k", "999k", "1.2M", "12M"]
    )
    parts = [(55, 80), (999, 1000), (1000, 1000), (1233, 1234), (12_000, 12_345), (12_345, 12_345)]
    assert [formats.part(*part) for part in parts] == (
        ["55/80", "999/1000", "all 1000", "99% 1234", "97% 12k", "all 12k"]
    )
    assert [formats.part(*part, "+") for part in parts] == (
        ["55/80+", "99% 1k+", "all 1k+", "99% 1k+", "97% 12k+", "all 12k+"]
    )


@given(st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.sampled_from(["", "+"]))
def test_a_part_is_all_only_if_nothing_is_left(done: int, rest: int, more: str) -> None:
    text = formats.part(done, done + rest, more)
    assert len(text) <= 8
    assert ("/" in text) or text.startswith("all") is (rest == 0)


@given(st.text(max_size=60), st.integers(3, 40))
def test_a_shortened_name_keeps_both_ends(name: str, limit: int) -> None:
    short = formats.shorten_middle(name, limit)
    assert len(short) == min(len(name), limit)
    head, cut, tail = short.partition("…")
    if len(name) > limit and "…" not in name:
        assert cut
        assert name.startswith(head)
        assert name.endswith(tail)
        assert len(tail) >= len(head)
