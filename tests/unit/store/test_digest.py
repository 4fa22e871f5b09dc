"""Digests and ids agree with the Go code, case by case."""

import copy
import pickle
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, ImgCmdID, RunID, StringDigest, TaskID
from tests.support import golden
from tests.support.golden_values import _name

DIGESTS = golden.load("digests.json")


HELLO, WORLD = Digest.compute(b"hello"), Digest.compute(b"world")


def _invalid(text: str) -> bool:
    try:
        Digest.parse(text)
    except Error as error:
        return error.kind is ErrorKind.INVALID
    return False


@pytest.mark.parametrize("case", [case for case in DIGESTS["parse"] if case["in"]], ids=_name)
def test_digest(case: dict[str, Any]) -> None:
    recorded = case["Digester.Parse"]
    digits = case["in"].rpartition(":")[2]
    if "error" in recorded or len(digits) > 64:  # Go cuts what is too long; ours refuses it
        assert _invalid(case["in"])
        return
    digest = Digest.parse(case["in"])
    assert {
        "Hex": digest.hex,
        "HexN4": digest.hex_n(4),
        "Short": digest.short,
        "RunIDShort": RunID(digest).id_short,
        "String": str(digest),
        "IsZero": digest.is_zero,
        "IsValid": RunID(digest).is_valid,
        "IsAbbrev": digest.is_abbrev,
        "JSON": RunID(digest).to_json(),
        "d == hello": digest == HELLO,
        "d.Expands(hello)": digest.expands(HELLO),
        "hello.Expands(d)": HELLO.expands(digest),
        "world.Expands(d)": WORLD.expands(digest),
    } == {name: value for name, value in recorded.items() if name not in ("Name", "NPrefix", "IsShort")}


def test_zero_digest() -> None:
    zero = Digest.parse("")
    assert zero == Digest.parse("<zero>") == Digest.ZERO == Digest()
    assert (str(zero), zero.hex, zero.short, bool(zero), zero.is_zero, zero.is_abbrev) == (
        "<zero>",
        "",
        "",
        False,
        True,
        False,
    )
    assert RunID.parse("") == Digest.ZERO == RunID.ZERO
    assert type(RunID.ZERO) is RunID
    assert not zero.expands(HELLO)
    assert not HELLO.expands(zero)


def test_a_digest_is_a_value() -> None:
    same = RunID.parse(str(HELLO))
    assert isinstance(same, RunID)
    assert same == HELLO
    assert hash(same) == hash(HELLO)
    assert sorted([WORLD, HELLO]) == sorted([HELLO, WORLD], key=str)
    assert pickle.loads(pickle.dumps(same)) == copy.deepcopy(same) == HELLO
    assert f"{HELLO:>80}".endswith(str(HELLO))
    assert TaskID.new() != TaskID.new()
    with pytest.raises(Error, match="32 bytes"):
        Digest(b"short")


@pytest.mark.parametrize("case", DIGESTS["img_cmd_ids"], ids=lambda case: case["image"][:20])
def test_img_cmd_id(case: dict[str, str]) -> None:
    assert str(ImgCmdID.compute(case["image"], case["cmd"])) == case["ImgCmdID"]


@pytest.mark.parametrize("case", DIGESTS["string_digests"], ids=lambda case: repr(case["string"]))
def test_string_digest(case: dict[str, Any]) -> None:
    value = StringDigest(case["string"])
    assert (str(value), str(value.digest), value.is_valid) == (case["String"], case["Digest"], case["IsValid"])


def test_zero_string_digest() -> None:
    zero, recorded = StringDigest(), DIGESTS["zero_string_digest"]
    assert (str(zero), str(zero.digest), zero.is_valid) == (recorded["String"], recorded["Digest"], recorded["IsValid"])


@pytest.mark.parametrize("text", ["", "sha256:", '"sha256:zz"', "5", "null", '"\ud800"'])
def test_run_id_from_bad_json(text: str) -> None:
    with pytest.raises(Error) as caught:
        RunID.from_json(text)
    assert caught.value.kind is ErrorKind.INVALID


def test_a_string_id_has_the_digest_of_its_stored_text() -> None:
    assert StringDigest("a\ud800").digest == StringDigest("a\ufffd").digest
