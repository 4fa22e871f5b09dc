"""Amounts of cpu, memory, disk and other resources."""

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar, overload

import msgspec

from store import gojson
from store.errors import Error, ErrorKind

T = TypeVar("T")

_SIZED = ("mem", "cpu", "disk")
_DECODER = msgspec.json.Decoder(dict[str, float] | None)


class Resources(Mapping[str, float]):
    """Named amounts: `mem` and `disk` in bytes, `cpu` in cores, others counted. `r["mem"]` is 0 if it is not named.

    Immutable and hashable. Two Resources are equal if all amounts are; an amount of 0 equals a missing one. They can be
    added, subtracted, and multiplied by a number.
    """

    __slots__ = ("_amounts",)

    def __init__(self, amounts: Mapping[str, float] | None = None) -> None:
        self._amounts = {name: float(amount) for name, amount in amounts.items()} if amounts else {}

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the resources in stored JSON; `""` and `null` are none. Raises Error INVALID for any other text."""
        if not text:
            return cls()
        try:
            return cls(_DECODER.decode(text))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Error(ErrorKind.INVALID, "parse resources", (str(text)[:200],), error) from error

    def to_json(self) -> str:
        """Return the JSON that the Go code stores: sorted names, shortest numbers, and `""` if all amounts are 0.

        It is `""`, as in Go, if an amount is infinite or NaN, which JSON cannot hold.
        """
        if not self or not all(map(math.isfinite, self._amounts.values())):
            return ""
        fields = (f"{gojson.string(name)}:{gojson.number(amount)}" for name, amount in sorted(self._amounts.items()))
        return f"{{{','.join(fields)}}}"

    def available(self, other: "Resources") -> bool:
        """Return whether `other` fits into these resources: whether no amount of it is larger than here."""
        return all(self.get(name, 0) >= amount for name, amount in other.items())

    def max_ratio(self, other: "Resources") -> float:
        """Return the largest share of `other` that these resources take, as a number without a unit.

        It is the maximum of `self[name] / other[name]` over the names that `other` has more than 0 of, as in Go. A task
        that requests 8 GB and 1 core of a pool of 32 GB and 16 cores takes 0.25. It is 0 if `other` is empty.
        """
        return max((self.get(name, 0) / amount for name, amount in other.items() if amount), default=0.0)

    def __add__(self, other: "Resources") -> "Resources":
        return self._combine(other, operator.add)

    def __sub__(self, other: "Resources") -> "Resources":
        return self._combine(other, operator.sub)

    def __mul__(self, factor: float) -> "Resources":
        return Resources({name: amount * factor for name, amount in self._amounts.items()})

    __rmul__ = __mul__

    def _combine(self, other: "Resources", op: Callable[[float, float], float]) -> "Resources":
        return Resources({name: op(self.get(name, 0.0), other.get(name, 0.0)) for name in {**self, **other}})

    def __getitem__(self, name: str) -> float:
        return self._amounts.get(name, 0.0)

    def __contains__(self, name: object) -> bool:
        return name in self._amounts

    @overload
    def get(self, name: str, /) -> float | None: ...
    @overload
    def get(self, name: str, /, default: float | T) -> float | T: ...
    def get(self, name: str, /, default: Any = None) -> Any:
        """Return the amount of `name`; `default` if it is not named."""
        return self._amounts.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._amounts)

    def __len__(self) -> int:
        return len(self._amounts)

    def __bool__(self) -> bool:
        return any(self._amounts.values())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if isinstance(other, Resources) and self._amounts == other._amounts:
            return True  # most often
        return self._nonzero() == {name: amount for name, amount in other.items() if amount}

    def __hash__(self) -> int:
        return hash(frozenset(self._nonzero().items()))

    def _nonzero(self) -> dict[str, float]:
        return {name: amount for name, amount in self._amounts.items() if amount}

    def __str__(self) -> str:
        amounts = self._nonzero()
        head = ""
        if any(name in amounts for name in _SIZED):
            mem, cpu, disk = (amounts.get(name, 0.0) for name in _SIZED)
            head = f"mem:{_size(mem)} cpu:{gojson.general(cpu)} disk:{_size(disk)}"
        rest = (f" {name}:{gojson.general(amount)}" for name, amount in sorted(amounts.items()) if name not in _SIZED)
        return f"{{{head}{''.join(rest)}}}"

    def __repr__(self) -> str:
        return f"Resources({self._amounts!r})"


def _size(amount: float) -> str:
    if not math.isfinite(amount):
        return gojson.general(amount)
    size = float(int(amount))
    if size < 1024:
        return f"{int(size)}B"
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f}{unit}"
    return f"{size / 1024:.1f}EiB"
