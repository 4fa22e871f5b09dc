import pytest

from tui.settings.yaml_document import Items, Pairs, Scalar, YamlError, parse_document


def pairs(text: str | bytes) -> Pairs:
    found = parse_document(text.encode() if isinstance(text, str) else text)
    assert isinstance(found, Pairs)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "x: 2023-02-30",
        "x: 0000-00-00",
        f"x: {'9' * 5000}",
        f"x: 0x{'f' * 100_000}",
        "x: =",
        "=: 5",
        "x: !include other.yaml",
        "x: !foo {a: b}",
        "x: !!int ''",
        "x: !!timestamp invalid",
        "x: !!float zz",
        "x: !!bool 5",
        "x: !!binary '!'",
        "x: !!set {a, b}",
        "x: !!omap [a: 1]",
        "x: !!python/object:os.system {}",
        "x: 190:20:30",
        "x: 1e999999",
        "x: {<<: 5}",
        "x: &a [*a]",
        "? [a, b]\n: 1",
        "{a: 1}: 2",
        "x: 1\nx: 2",
        "x: 😀",
        "%YAML 1.2\n---\nx: 1",
    ],
)
def test_lines_that_go_reads_are_read(line: str) -> None:
    found = pairs(f"{line}\ntaskdb: off\n")
    assert found.get("taskdb") == Scalar("off")


def test_only_the_first_document_counts() -> None:
    found = pairs("---\na: 1\n...\n---\na: [\n")
    assert found.get("a") == Scalar("1")
    assert parse_document(b"") == Scalar("", is_null=True)
    assert parse_document(b"---\n---\na: 1\n") == Scalar("", is_null=True)


def test_scalars_are_as_they_are_written() -> None:
    found = pairs("a: 1.50\nb: off\nc: '~'\nd: ~\ne:\nf: !!str null\ng: |\n  x\n  y\n")
    assert found.texts() == {"a": "1.50", "b": "off", "c": "~", "f": "null", "g": "x\ny\n"}
    assert (found.get("d"), found.get("e")) == (Scalar("~", is_null=True), Scalar("", is_null=True))


def test_the_last_of_equal_keys_counts() -> None:
    assert pairs("a: 1\na: 2\n").get("a") == Scalar("2")


def test_anchors_and_merges() -> None:
    found = pairs("base: &b {table: t, bucket: b}\nx: {<<: *b, bucket: own}\ny: *b\nz: {<<: [{table: u}, *b]}\n")
    assert [pair.texts() for pair in map(found.get, "xyz") if isinstance(pair, Pairs)] == [
        {"table": "t", "bucket": "own"},
        {"table": "t", "bucket": "b"},
        {"table": "u", "bucket": "b"},
    ]
    inner = found.get("x")
    assert isinstance(inner, Pairs)
    assert (inner.get("table"), inner.get("none")) == (Scalar("t"), None)


def test_an_alias_of_what_it_is_in() -> None:
    found = pairs("a: &a {<<: *a, b: 1}\nc: &c [*c]\n").get("a")
    assert isinstance(found, Pairs)
    assert found.texts() == {"b": "1"}


def test_nine_levels_of_aliases_are_not_expanded() -> None:
    levels = [f"l{i}: &l{i} {{<<: [{', '.join([f'*l{i - 1}'] * 9)}]}}" for i in range(1, 10)]
    found = pairs("\n".join(["l0: &l0 {k: v}", *levels, "x: *l9"])).get("x")
    assert isinstance(found, Pairs)
    assert found.texts() == {"k": "v"}
    lists = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert isinstance(pairs("\n".join(["l0: &l0 [x]", *lists, "x: *l9"])).get("x"), Items)


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"a: 1\nb: [unclosed\n", 3, "did not find expected"),
        (b"a: 1\nb:\n\tc: 1\n", 3, "cannot start any token"),
        (b"a: 1\nb: *nope\n", 2, "the alias *nope has no anchor"),
        (b"a: 1\nb: \x01\n", 2, "a control character"),
        (b"a: 1\n# f\xfcr\n", 2, "not UTF-8"),
        (b"a: " + b"[" * 5000, 1, "nest"),  # newer versions of PyYAML have a limit of their own
        (b"a: !e!y z\n", 1, "undefined tag handle"),
    ],
)
def test_invalid_yaml_is_reported_with_its_line(data: bytes, line: int, why: str) -> None:
    with pytest.raises(YamlError) as raised:
        parse_document(data)
    assert raised.value.line == line
    assert why in str(raised.value)


def test_depth_is_limited_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("yaml.CSafeLoader")
    with pytest.raises(YamlError, match="it is nested too deeply"):
        parse_document(b"[" * 2000)
    assert pairs("a: off\nb: ~\n").texts() == {"a": "off"}
