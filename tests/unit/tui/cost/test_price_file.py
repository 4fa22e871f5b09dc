"""The file of the price list."""

import stat
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tui.cost import price_file
from tui.cost.price_file import PriceFileError, PriceList, PriceListSource

LIST = PriceList(
    source=PriceListSource.IMPORT,
    name="list.csv",
    as_of=date(2026, 11, 1),
    regions={"us-west-2": {"r5.2xlarge": Decimal("0.5040000001")}},
)


def test_a_list_comes_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "state" / "prices.json"
    price_file.write(path, LIST)
    assert price_file.read(path) == LIST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["prices.json"]


def test_the_list_is_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert price_file.default_path() == tmp_path / "reflowtop" / "prices.json"
    assert price_file.read(price_file.default_path()) is None


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "prices.json"
    price_file.write(path, LIST)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        price_file.write(path, LIST)
    assert [each.name for each in tmp_path.iterdir()] == ["prices.json"]
    assert price_file.read(path) == LIST


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Input data was truncated"),
        (b'{"source": "aws", "as_of": "2026-11-01", "regions": {"r": {"t": "nan"}}}', "NaN is not a price"),
        (
            b'{"source": "aws", "as_of": "2026-11-01", "regions": {"r": {"t": "-1"}}}',
            "-1 is not a price in US dollars per hour",
        ),
        (b'{"source": "aws", "as_of": "2026-11-01", "regions": {"r": {"t": "1e30"}}}', "1E+30 is not a price"),
        (b'{"version": 2, "source": "aws", "as_of": "2026-11-01", "regions": {}}', "version 2, not 1"),
        (b'{"source": "magic", "as_of": "2026-11-01", "regions": {}}', "Invalid enum value 'magic'"),
        (b"\xff" * 9, "is not a price list"),
    ],
)
def test_another_file_is_refused_with_a_remedy(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(content)
    with pytest.raises(PriceFileError) as raised:
        price_file.read(path)
    message = str(raised.value)
    assert reason in message
    assert message.startswith(f"{path} is not a price list (")
    assert "\n" not in message


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match=r"cannot be read \(it is a directory\)$"):
        price_file.read(tmp_path)


def test_a_list_describes_itself() -> None:
    assert LIST.describe() == "imported from list.csv, prices of 2026-11-01"
