"""The price list: on-demand prices of EC2 by region and type, in a file of the state folder.

The file holds one list. Only `reflowtop prices update` and `reflowtop prices import` replace it.
"""

import enum
import itertools
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

from store.regular_file import read_regular_file
from tui.settings.values import is_price
from tui.terminal import new_files

_VERSION = 1
_LARGEST = 50 << 20  # bytes; all types in all regions take 1 MB


class PriceListSource(enum.StrEnum):
    """The origin of a price list."""

    AWS = "aws"
    IMPORT = "import"


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """The on-demand prices of an hour in US dollars, by region and type, as of a date.

    `name` is the name of the file that was imported.
    """

    version: int = _VERSION
    source: PriceListSource
    name: str = ""
    as_of: date
    regions: dict[str, dict[str, Decimal]]

    def describe(self) -> str:
        """Return the origin and the date of the list. Not yet safe to show."""
        where = "AWS Price List API" if self.source is PriceListSource.AWS else f"imported from {self.name}"
        return f"{where}, prices of {self.as_of}"


class PriceFileError(Exception):
    """The file of the price list cannot be read. The message is one line."""


def default_path() -> Path:
    """Return the file of the price list in the state folder. It may not exist."""
    return new_files.state_folder() / "prices.json"


def read(path: Path) -> PriceList | None:
    """Return the price list in a file, or None if there is no file.

    Raises PriceFileError if it cannot be read, or is not a price list.
    """
    try:
        data = read_regular_file(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PriceFileError(f"{path} cannot be read ({new_files.explain(error)})") from error
    try:
        found = msgspec.json.decode(data, type=PriceList)
        if found.version != _VERSION:
            raise ValueError(f"version {found.version}, not {_VERSION}")
        for usd in itertools.chain.from_iterable(types.values() for types in found.regions.values()):
            if not is_price(usd):
                raise ValueError(f"{str(usd)[:40]} is not a price in US dollars per hour")
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise PriceFileError(f"{path} is not a price list ({error})") from error
    return found


def write(path: Path, prices: PriceList) -> None:
    """Replace the price list in a file that only its owner can read. Raises OSError if it cannot be written."""
    new_files.write_whole(path, msgspec.json.encode(prices))
