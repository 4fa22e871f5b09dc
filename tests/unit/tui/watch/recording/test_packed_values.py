"""Values in recordings."""

import msgspec
import pytest

from store import Digest, Error, ErrorKind, Resources
from tests.support.rows import OOM
from tui.text.redaction import redact_values
from tui.watch.recording.packed_values import Mask, pack, unpack


@pytest.mark.parametrize("value", [Digest.compute(b"x"), Resources({"cpu": 2.5}), OOM, Error(ErrorKind.NET)])
def test_values_are_the_same_after_a_round_trip(value: object) -> None:
    data = msgspec.msgpack.encode(value, enc_hook=pack)
    assert msgspec.msgpack.decode(data, type=type(value), dec_hook=unpack) == value


def test_errors_are_masked() -> None:
    error = Error(ErrorKind.NET, "exec", ("curl -u amy:hunter2 https://h",), "HTTPS_PROXY=http://amy:hunter2@h/")
    packed = pack(error, redact_values)
    assert "hunter2" not in packed.json
    assert "curl -u amy:[redacted] https://h" in packed.json


@pytest.mark.parametrize("mask", [None, redact_values])
def test_long_texts_of_errors_are_cut_to_the_given_length(mask: Mask | None) -> None:
    inner = Error(ErrorKind.NET, "read", ("y" * 1_000_000, "short"), "z" * 1_000_000)
    error = Error(ErrorKind.OTHER, "x" * 1_000_000, (), inner)
    packed = pack(error, mask, longest=100)
    assert len(packed.json) < 500
    found = unpack(Error, msgspec.to_builtins(packed))
    assert (found.op, found.cause.args) == ("x" * 100, ("y" * 100, "short"))
    assert str(found.cause.cause) == "z" * 100
    assert pack(OOM, mask, longest=1_000) == pack(OOM, mask)


def test_a_secret_where_an_error_is_cut_is_masked() -> None:
    error = Error(ErrorKind.NET, "exec", ("x" * 80 + " https://amy:hunter2secret@host/",))
    assert "hunter" not in pack(error, redact_values, longest=100).json


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="object in a refresh"):
        pack(object())
