"""Values in recordings."""

import msgspec
import pytest

from store import Digest, Error, ErrorKind, Resources
from tests.support.rows import OOM
from tui.text.redaction import redact_values
from tui.watch.recording.packed_values import pack, unpack


@pytest.mark.parametrize("value", [Digest.compute(b"x"), Resources({"cpu": 2.5}), OOM, Error(ErrorKind.NET)])
def test_values_are_the_same_after_a_round_trip(value: object) -> None:
    data = msgspec.msgpack.encode(value, enc_hook=pack)
    assert msgspec.msgpack.decode(data, type=type(value), dec_hook=unpack) == value


def test_errors_are_masked() -> None:
    error = Error(ErrorKind.NET, "exec", ("curl -u amy:hunter2 https://h",), "HTTPS_PROXY=http://amy:hunter2@h/")
    packed = pack(error, redact_values)
    assert "hunter2" not in packed.json
    assert "curl -u amy:[redacted] https://h" in packed.json


def test_other_values_are_refused() -> None:
    with pytest.raises(TypeError, match="object in a refresh"):
        pack(object())
