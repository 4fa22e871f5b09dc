"""Regular expressions that users type."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.query.filter import Fields, FilterError, parse
from tui.query.regex import RegexError, compile_regex, is_found

FIELDS = Fields[str]({"error": lambda row: (row,)})


def matches(text: str, row: str) -> bool:
    return parse(text).matcher(FIELDS)(row)


@pytest.mark.parametrize(
    "text",
    [
        "error:~^exit",
        "error:~EXIT",
        "~exit",
        r"error:~\d+$",
        'error:~"code [0-9]{1,3}$"',
        r"~\S+\scode",
        "error:nothing,~137$",
        "!error:~^killed",
        "-error:~^killed",
        "error:~137|nothing",
    ],
)
def test_matching_values(text: str) -> None:
    assert matches(text, "Exit code 137")


@pytest.mark.parametrize("text", ["error:~^code", r"~\S{5}", "!error:~exit", "error:~137x"])
def test_values_that_do_not_match(text: str) -> None:
    assert not matches(text, "Exit code 137")


@pytest.mark.parametrize(
    "text", ["error:~(", "~a**", r"error:~(a)\1", "error:~(?=a)", "error:~" + "x" * 600, "~\udcff"]
)
def test_invalid_expressions_name_the_value_and_the_reason(text: str) -> None:
    with pytest.raises(FilterError, match="is not a valid regular expression: ") as raised:
        parse(text)
    assert raised.value.is_incomplete
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(a*)*$x", "(.*.*.*.*.*)*x", "(a+)+b"])
def test_expressions_that_backtracking_would_never_finish(pattern: str) -> None:
    assert not is_found(compile_regex(pattern), "a" * 1999 + "!" + "a" * 100_000 + "b")


def test_marks_show_what_an_expression_matched() -> None:
    marks = parse("error:~c.de,kill error:exit").marks("error")
    assert marks is not None
    assert marks.findall("Exit code 137, killed") == ["Exit", "code", "kill"]
    assert [match.span() for match in marks.finditer("é code")] == [(2, 6)]


@given(st.text(st.sampled_from("ab()[]{}|*+?.^$\\1,") | st.characters(), max_size=20), st.text(max_size=20))
def test_any_pattern_is_searched_or_refused(pattern: str, text: str) -> None:
    try:
        regex = compile_regex(pattern)
    except RegexError:
        return
    assert is_found(regex, text) in (True, False)


@given(st.text(st.sampled_from("aBc 1"), min_size=1, max_size=8), st.text(st.sampled_from("abC 1"), max_size=12))
def test_plain_patterns_match_as_with_re(pattern: str, text: str) -> None:
    assert is_found(compile_regex(pattern), text) == bool(re.search(pattern, text, re.IGNORECASE))


def test_a_text_that_is_no_unicode_does_not_match() -> None:
    assert not is_found(compile_regex("."), "a\udcff")


def test_expressions_that_cannot_be_joined_mark_nothing() -> None:
    both = parse(f"error:~{'x?' * 200},~{'y?' * 200}")
    assert both.matcher(FIELDS)("y")
    assert both.marks("error") is None
