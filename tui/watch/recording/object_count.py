"""The objects in frames, counted before these are decoded: bytes say little of the memory that they need.

Sixteen million empty maps are 16 KB in a recording and 3 GB in memory. Each row has a digest, which no compression
makes smaller, so frames hold fewer objects than bytes are stored of them.
"""

import msgspec

from tui.watch.recording.frames import RecordingError

_USUAL = 10  # bytes inflated for each byte stored, at most, in frames of rows
_PER_ROW = 10  # objects, at least
_ALWAYS = 100_000  # objects
_PER_BYTE = 2  # objects for each byte stored

# How many bytes follow the first one of an object, and how many bytes of these are a length.
_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4}
_FIXED |= {0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENDED = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_HEADS = _ARRAYS | {0xDE: 2, 0xDF: 4}


class ObjectBudget:
    """The objects in a keyframe and the deltas after it, which are in memory at the same time.

    Readers take no more, and recorders write no more.
    """

    def __init__(self) -> None:
        self._count = self._stored = 0

    def take(self, data: bytes, stored: int) -> None:
        """Count the objects in `data`, the content of a frame with `stored` bytes.

        Raises RecordingError, and does not count them, if there are too many.
        """
        total = self._stored + stored
        most = _ALWAYS + _PER_BYTE * total
        # Looking at each object takes as long as decoding it: usually, only the rows are counted.
        is_usual = len(data) <= _USUAL * stored
        count = _PER_ROW * count_rows(data) if is_usual else count_objects(data, most)
        if self._count + count > most:
            raise RecordingError(f"over {most} objects in {total} bytes")
        self._count += count
        self._stored = total


def count_rows(data: bytes) -> int:
    """Return the length of the lists in the content of a frame; 0 if it is no map."""
    try:
        lists = _LISTS.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return 0  # decoding says what is wrong
    return sum(_length(memoryview(value)) for value in lists.values())


def count_objects(data: bytes, most: int) -> int:
    """Return the number of objects of MessagePack in `data`, or one above `most` if there are more."""
    at = count = 0
    end = len(data)
    while at < end and count <= most:
        first = data[at]
        at += 1
        count += 1
        if 0xA0 <= first <= 0xBF:
            at += first & 0x1F
        elif (size := _FIXED.get(first)) is not None:
            at += size
        elif (size := _SIZED.get(first)) is not None:
            at += size + int.from_bytes(data[at : at + size])
        elif (size := _EXTENDED.get(first)) is not None:
            at += size + 1 + int.from_bytes(data[at : at + size])
        else:  # a number, or an array or map, whose members follow
            at += _HEADS.get(first, 0)
    return count


def _length(value: memoryview) -> int:
    """Return the length of an array; 0 of anything else."""
    first = value[0]
    if 0x90 <= first <= 0x9F:
        return first & 0x0F
    size = _ARRAYS.get(first, 0)
    return int.from_bytes(value[1 : 1 + size])


_LISTS = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
