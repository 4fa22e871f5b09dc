"""The language of filters: what matches, what is refused, what completes what is typed."""

import contextlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import NOW, ago
from tui.query.filter import KEYS, Fields, Filter, FilterError, complete, complete_from_rows, parse, whole

Row = Mapping[str, object]
ROW: Row = {
    "user": "amy@example.com",
    "state": "failing",
    "label": "project=P1",
    "error": "OOM error: killed by the kernel",
    "id": "77aa01ff",
    "age": 5400.0,
    "attempt": 2.0,
    "since": ago(minutes=1),
}


def test_the_words_that_matching_rows_can_have() -> None:
    words = ["running", "failed", "succeeded"]

    def wanted(text: str) -> set[str]:
        return parse(text).words_wanted("state", words)

    assert wanted("state:succ,fail user:amy") == {"succeeded", "failed"}
    assert wanted("!state:running state:f") == {"failed"}
    assert wanted("user:amy") == {*words}


def texts(key: str, row: Row) -> list[str]:
    return [str(row[key])] if key in row else []


FIELDS: Fields[Row] = Fields(
    {key: lambda row, key=key: texts(key, row) for key in ("user", "state", "label", "error", "id")},  # type: ignore[misc]
    {key: lambda row, key=key: row.get(key) for key in ("age", "attempt")},  # type: ignore[misc]
    words={"state": ["starting", "failing", "stale"]},
    times={"since": lambda row: row.get("since")},  # type: ignore[dict-item, return-value]
    now=NOW,
)


def matches(text: str, row: Row = ROW) -> bool:
    return parse(text).matcher(FIELDS)(row)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "amy",
        "KILLED",
        '"by the kernel"',
        "user:amy",
        "user:AMY@ex",
        "state:fail",
        "state:stale,failing",
        "label:project=p1",
        "label:p1",
        "error:oom amy",
        'error:"killed by"',
        "id:77aa",
        "id:sha256:77AA",
        "77aa",
        "sha256:77aa",
        "oom,77aa",
        "age:>1h",
        "age:<2h",
        "age:90m",
        "age:<1m,>1h",
        "attempt:2",
        "attempt:>1",
        "!bob",
        "!user:bob !state:stale",
        "-bob -user:bob",
        "age:>1h20m",
        "since:2m",
        "since:1m,1h",
        "since:12:00",
        "!since:30s",
        "state:=failing",
    ],
)
def test_matches(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "bob",
        "user:bob",
        "user:amy bob",
        "state:stale",
        "-amy",
        "-user:amy",
        "since:30s",
        "age:>1h40m",
        "id:aa",
        "age:>2h",
        "age:<1h",
        "attempt:1",
        "!amy",
    ],
)
def test_mismatches(text: str) -> None:
    assert not matches(text)


def test_a_row_without_the_field_matches_only_its_negation() -> None:
    assert not matches("age:>0s", {})
    assert not matches("user:a", {})
    assert matches("!age:>0s !user:a", {})
    assert matches("-since:1h", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("usr:amy", "no key 'usr'; there are state user"),
        ("user:", "user: needs a value: the owner of the run"),
        ("age:old", "age: 'old' is not an amount; the age, or the time a task took"),
        ("age:>1x", "age: '>1x' is not an amount"),
        ("since:soon", "since: 'soon' is not a time"),
        ("state:stale,runing", "state: 'runing' is not one of starting, failing, stale"),
        ("state:ailing", "state: 'ailing' is not one of"),
        ("state:=stal", "state: 'stal' is not one of"),
        ("attempt:>1h", "attempt: '>1h' is not an amount"),
        ("host:x", "this list has no key 'host'; its keys: user state label error id age attempt since"),
        ("amy age:>", "is not an amount"),
        ("a " * 101, "101 terms, more than 100; quotes make them one text"),
        ("user:" + "a," * 1001, "1,001 values, more than 1,000; quotes make them one text"),
        ("error:~" + "a,~" * 1001, "1,002 values"),  # and none of them is compiled
        ("~" + "a,~" * 600 + " " + "b," * 401, "1,002 values"),
    ],
)
def test_invalid_filters(text: str, message: str) -> None:
    with pytest.raises(FilterError, match=message.replace("?", r"\?")):
        matches(text)


def test_the_longest_filters() -> None:
    assert matches("amy " * 100)
    assert matches("user:" + "bob," * 999 + "amy")
    assert matches('error:"' + "a, " * 5000 + 'b",oom')  # commas in quotes


def test_a_url_is_text() -> None:
    assert parse("s3://bucket").terms == parse('"s3://bucket"').terms
    assert parse("https://x").terms[0].values == ("https://x",)


def test_the_empty_filter() -> None:
    assert not parse("  ")
    assert parse("") == Filter()
    assert Filter().marks("user") is None


def test_marks_show_why_a_row_matches() -> None:
    found = parse('Amy !bob error:"a.b",oom label:=x user:c id:77aa age:>1h')
    text = "amy bob A.B axb OOM x c 77aa"
    marked = {
        "user": ["amy", "c"],
        "error": ["amy", "A.B", "OOM"],
        "why": ["amy", "A.B", "OOM"],
        "name": ["amy", "x", "x"],
        "task": ["amy", "77aa"],
        "age": ["amy"],
    }
    for column_id, texts in marked.items():
        marks = found.marks(column_id)
        assert marks is not None
        assert marks.findall(text) == texts
    assert parse("user:amy").marks("name") is None
    assert parse("age:>1h").marks("age") is None


@given(st.text(st.sampled_from('ab:!," <>1hage') | st.characters()))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError):
        matches(text)
    complete(text, known)


def known(key: str) -> list[str]:
    return {"user": ["amy", "bob", "a b"], "label": ["project=a,b"], "state": ["stale", "failing"]}.get(key, [])


@pytest.mark.parametrize(
    ("text", "completions"),
    [
        ("", []),
        ("u", ["user:"]),
        ("x -st", ["x -state:"]),
        ("state:", ["state:stale", "state:failing"]),
        ("x !st", ["x !state:"]),
        ("a", ["age:", "attempt:"]),
        ("user:a", ["user:amy", 'user:"a b"']),
        ("User:A", ["User:amy", 'User:"a b"']),
        ("state:stale,f", ["state:stale,failing"]),
        ("label:p", ['label:"project=a,b"']),
        ("user:amy ", []),
        ("nosuch:a", []),
    ],
)
def test_completion(text: str, completions: list[str]) -> None:
    assert complete(text, known) == completions


def test_every_key_has_a_description() -> None:
    assert all(KEYS.values())


def test_exact_text_excludes_longer_ones() -> None:
    assert matches("label:=project=p1")
    assert matches('error:"=OOM error: killed by the kernel"')
    assert not matches("label:=project")
    assert not matches("user:=amy")
    assert matches("user:=amy@example.com,=bob")
    assert not matches("!user:=amy@example.com")
    assert matches("=77aa01ff") is False  # only with a key


@given(st.text(st.characters(exclude_characters='"'), max_size=20))
def test_exact_filters_are_written_as_typed(text: str) -> None:
    made = whole("label", text)
    assert made.matcher(FIELDS)({"label": text})
    assert not made.matcher(FIELDS)({"label": text + "x"})
    assert parse(made.text) == made


def test_ids_match_by_prefix() -> None:
    assert matches("77AA")
    assert not matches("aa01")


def test_rows_that_are_alike_are_tested_once() -> None:
    asked: list[int] = []

    def user(row: int) -> list[str]:
        asked.append(row)
        return ["amy" if row % 2 else "bob"]

    fields = Fields(
        {"user": user, "state": lambda row: ["lost"]}, alike={"user": lambda row: row % 2}, words={"state": ["lost"]}
    )
    rows = range(10)
    for text, found in [("amy", 5), ("!amy", 5), ("user:b", 5), ("lost", 10), ("nothing", 0)]:
        asked.clear()
        test = parse(text).matcher(fields)
        assert sum(map(test, rows)) == found
        assert len(asked) <= 2


def test_an_open_quote_matches_only_while_it_is_typed() -> None:
    assert parse('error:"killed', is_partial=True).matcher(FIELDS)(ROW)
    with pytest.raises(FilterError, match='no closing " after error:"killed'):
        parse('error:"killed')


@pytest.mark.parametrize(
    ("text", "is_incomplete"),
    [
        ("-", True),
        ("amy !", True),
        ('"amy', True),
        ("user:", True),
        ("age:>", True),
        ("age:1h3", True),
        ("age:x", False),
        ("since:02:", True),
        ("usr:amy", False),
        ("state:fx", False),
        ("host:x", False),
    ],
)
def test_errors_that_more_text_cannot_mend_are_told_at_once(text: str, is_incomplete: bool) -> None:
    with pytest.raises(FilterError) as raised:
        matches(text)
    assert raised.value.is_incomplete is is_incomplete


def test_completion_offers_the_keys_of_the_list() -> None:
    assert complete("a", known, ["age"]) == ["age:"]


def test_completion_offers_the_words_of_a_key_and_the_values_in_rows() -> None:
    assert complete_from_rows("state:st", FIELDS, [ROW]) == ["state:starting", "state:stale"]
    assert complete_from_rows("user:a", FIELDS, [ROW, ROW]) == ["user:amy@example.com"]
    assert complete_from_rows("since:1", FIELDS, [ROW]) == ["since:10m", "since:1h"]
    assert complete_from_rows("age:1", FIELDS, [ROW]) == []


def test_fields_of_other_rows_match_through_a_function() -> None:
    through: Fields[tuple[Row]] = FIELDS.through(lambda row: row[0])
    for text in ("user:amy", "age:>1h", "since:2m", "killed"):
        assert parse(text).matcher(through)((ROW,))
    with pytest.raises(FilterError, match="is not one of"):
        parse("state:x").matcher(through)


def test_words_with_blanks_may_be_typed_as_tables_in_pipes_print_them() -> None:
    fields = Fields[str]({"state": lambda row: [row]}, words={"state": ["lost host", "lost run"]})
    rows = ["lost host", "lost run"]
    for text, found in (
        ("state:lost_host", ["lost host"]),
        ("-state:lost_h", ["lost run"]),
        ("state:=lost_run", rows[1:]),
    ):
        assert list(filter(parse(text).matcher(fields), rows)) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not state:lost", "not: put ! before a term to exclude it, as in !state:lost; quotes make it a text"),
        ("NOT oom", "NOT: put ! before a term"),
        ("user:amy or user:bob", "or: a comma means or, as in state:stale,lost"),
        ("oom OR bwa", "OR: a comma means or"),
        ("user:amy and oom", "and: leave it out, rows match all terms"),
        ("oom && bwa", "&&: leave it out"),
        ("oom || bwa", "a comma means or"),
        ("state!=lost", "state!=: write !state:VALUE to exclude"),
        ("state!:lost", "state!:: write !state:VALUE"),
        ("user:!amy", "user:!amy: write !user:VALUE to exclude"),
    ],
)
def test_operators_of_other_languages_are_refused_with_the_right_one(text: str, message: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(text)
    assert message in str(raised.value)


@pytest.mark.parametrize("text", ["not found", "salt and pepper", "this or that", '"not" user:amy', "x=y", "not"])
def test_such_words_are_texts_elsewhere(text: str) -> None:
    assert parse(text).terms


def test_a_minus_excludes_as_an_exclamation_mark_does() -> None:
    assert parse("-state:lost").terms == parse("!state:lost").terms
