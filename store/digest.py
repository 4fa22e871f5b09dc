"""Digests and the identifiers made of them."""

import re
from typing import ClassVar, Self

import msgspec

from store import gojson
from store.errors import Error, ErrorKind

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)
_SIZE = 32  # bytes of a SHA-256
_FEWEST = 8  # digits that tell one digest from others, mostly


class Digest(bytes):
    """A SHA-256 digest: its 32 bytes, or none for the zero digest.

    Immutable, compared, ordered and hashed by value; falsy when zero. It is a `bytes` so that a hundred thousand rows
    of them stay small and compare in C.
    """

    __slots__ = ()
    ZERO: ClassVar["Digest"]

    def __new__(cls, raw: bytes = b"") -> Self:
        """A digest of `raw`, which is 32 bytes, or empty for the zero digest; raises Error INVALID otherwise."""
        if len(raw) not in (0, _SIZE) or not isinstance(raw, bytes | bytearray | memoryview):
            why = f"a digest is made of {_SIZE} bytes, or read by {cls.__name__}.parse"
            raise Error(ErrorKind.INVALID, "digest", (repr(raw)[:100],), why)
        return bytes.__new__(cls, raw)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the digest written as `text`: `sha256:<hex>`, bare hex, or `""` and `<zero>` for the zero digest.

        Fewer than 64 hex digits make an abbreviation, filled up with zeros as in the Go code. Raises Error INVALID for
        another hash, an odd number of digits, more than 64 digits, and characters that are not hex.
        """
        if text in ("", "<zero>"):
            return cls()
        name, colon, digits = text.rpartition(":")
        if colon and name != "sha256":
            raise _invalid(text, "a digest starts with sha256:")
        if not _HEX.fullmatch(digits):
            raise _invalid(text, "not an even number of hex digits")
        raw = bytes.fromhex(digits)
        if len(raw) > _SIZE:
            raise _invalid(text, f"{len(digits)} hex digits, a SHA-256 has {2 * _SIZE}")
        return cls(raw.ljust(_SIZE, b"\0"))

    @classmethod
    def compute(cls, data: bytes) -> Self:
        """Return the SHA-256 digest of `data`."""
        import hashlib  # the first frame of a dashboard needs none

        return cls(hashlib.sha256(data).digest())

    @classmethod
    def random(cls) -> Self:
        """Return a random digest, for a new id."""
        import secrets

        return cls(secrets.token_bytes(_SIZE))

    @property
    def hex(self) -> str:  # type: ignore[override]
        """All 64 hex digits; empty for the zero digest."""
        return bytes.hex(self)

    def hex_n(self, n: int) -> str:
        """Return the first `n` bytes as 2n hex digits; empty for the zero digest."""
        return bytes.hex(self[:n])

    @property
    def short(self) -> str:
        """The first 8 hex digits; empty for the zero digest."""
        return bytes.hex(self[:4])

    @property
    def is_zero(self) -> bool:
        """Whether this is the zero digest, which is written `<zero>`."""
        return not self

    @property
    def is_abbrev(self) -> bool:
        """Whether the second half is all zeros, which the Go code takes for an abbreviation."""
        return bool(self) and not any(self[_SIZE // 2 :])

    def expands(self, other: "Digest") -> bool:
        """Return whether `other`, without its trailing zero bytes, is a prefix of this digest."""
        return bool(self) and bool(other) and self.startswith(other.rstrip(b"\0"))

    def __str__(self) -> str:
        return f"sha256:{bytes.hex(self)}" if self else "<zero>"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class DigestPrefix(Digest):
    """The first 8 or more digits of a digest, for queries by id.

    A plain Digest that ends in zeros is taken for an abbreviation, too. A DigestPrefix also counts zeros at its end as
    digits: `abcd0000` has 8.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the prefix written as `text`.

        Raises what `Digest.parse` raises, and Error INVALID for fewer than 8 digits.
        """
        if len(text.rpartition(":")[2]) < _FEWEST:
            raise _invalid(text, f"fewer than {_FEWEST} hex digits")
        return super().parse(text)


Digest.ZERO = Digest()


def _invalid(text: str, why: str) -> Error:
    return Error(ErrorKind.INVALID, "parse digest", (text[:100],), why)


class _ID(Digest):
    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.ZERO = cls()

    @property
    def id(self) -> str:
        """The id as text, with all of its digits."""
        return str(self)

    @property
    def id_short(self) -> str:
        """The first 8 hex digits, as the Go tools print ids."""
        return self.short

    @property
    def is_valid(self) -> bool:
        """Whether the id is set, that is, not zero."""
        return bool(self)


class RunID(_ID):
    """A unique identifier for a run."""

    __slots__ = ()
    ZERO: ClassVar["RunID"]

    @classmethod
    def new(cls) -> Self:
        """Return a new random run id."""
        return cls.random()

    def to_json(self) -> str:
        """Return the id as a JSON string."""
        return gojson.string(str(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the id in a JSON string. Raises Error INVALID for any other text."""
        try:
            return cls.parse(msgspec.json.decode(text, type=str))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise Error(ErrorKind.INVALID, "parse run id", (str(text)[:100],), error) from error


class TaskID(_ID):
    """A unique identifier for a task."""

    __slots__ = ()
    ZERO: ClassVar["TaskID"]

    @classmethod
    def new(cls) -> Self:
        """Return a new random task id."""
        return cls.random()


class ImgCmdID(_ID):
    """The behaviour of an exec: a digest of its docker image and command."""

    __slots__ = ()
    ZERO: ClassVar["ImgCmdID"]

    @classmethod
    def compute(cls, image: str | bytes, cmd: str | bytes = "") -> Self:
        """Return the id of `image` and `cmd`.

        The wire format joins the two without a separator, so ("a", "bc") and ("ab", "c") have one id.
        """
        return cls(Digest.compute(_utf8(image) + _utf8(cmd)))


class StringDigest(msgspec.Struct, frozen=True):
    """A name that is also known by the digest of its text: the string ids of pools and allocs.

    `StringDigest()` is the zero value; `StringDigest("")` has the digest of the empty string, as in Go.
    """

    text: str | None = None

    @property
    def digest(self) -> Digest:
        """The SHA-256 of the text in UTF-8; the zero digest for the zero value."""
        return Digest.ZERO if self.text is None else Digest.compute(_utf8(self.text))

    @property
    def is_valid(self) -> bool:
        """Whether there is any text."""
        return bool(self.text)

    def __str__(self) -> str:
        return self.text or ""


def _utf8(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else gojson.utf8(text).encode()
