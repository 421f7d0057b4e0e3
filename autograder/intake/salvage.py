"""A zip whose list of files is lost or damaged, as after a broken download: its files, by the header before each.

Only headers that follow one on the other are believed. None is searched for: what looks like one in the middle of a
student's file could bear anybody's name.
"""

import os
import struct
import zlib
from dataclasses import dataclass
from typing import IO

_LOCAL = struct.Struct("<4s5H3L2H")  # before each file; PKWARE's APPNOTE 4.3.7
_LISTED = struct.Struct("<4s6H3L5H2L")  # one line of the list, 4.3.12
_LOCAL_SIGN, _LISTED_SIGN, _SIZES_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
_LONG = 0xFFFFFFFF  # the true number stands in the extra field of ZIP64
_CHUNK = 2**16
_SIZES_FOLLOW = 0x8  # flag: written as a stream, its sizes stand behind the file
_HIDDEN = 0x1  # flag: it has a password
_UTF8 = 0x800  # flag: the name is in UTF-8


@dataclass(frozen=True)
class Salvage:
    """`files` were found whole; `left` bytes after them were not read, and hold no file if the list begins there."""

    files: int
    left: int
    complete: bool


@dataclass(frozen=True)
class _Entry:
    """One file: its header's numbers, where it begins and where the next one does."""

    start: int
    end: int
    name: bytes
    flags: int
    method: int
    stamp: tuple[int, int]
    crc: int
    packed: int
    size: int

    def listed(self) -> bytes:
        """Its line in a list of files, with sizes of eight bytes."""
        extra = struct.pack("<HHQQQ", 1, 24, self.size, self.packed, self.start)
        flags = self.flags & ~_SIZES_FOLLOW & (~0 if _in_utf8(self.name) else ~_UTF8)
        who = (45, 45, flags, self.method, *self.stamp, self.crc, _LONG, _LONG)
        return _LISTED.pack(_LISTED_SIGN, *who, len(self.name), len(extra), 0, 0, 0, 0, _LONG) + self.name + extra


def salvage(source: IO[bytes], target: IO[bytes], most: int) -> Salvage:
    """Write a zip of the whole files at the beginning of `source` to `target`.

    `most`: bytes that may be unpacked to find where files end, all together.
    """
    total, entries, at, budget = source.seek(0, os.SEEK_END), [], 0, [most]
    while entry := _entry(source, at, total, budget):
        entries.append(entry)
        at = entry.end
    source.seek(at)
    complete = source.read(4) == _LISTED_SIGN
    source.seek(0)
    for start in range(0, at, _CHUNK):
        target.write(source.read(min(_CHUNK, at - start)))
    listed = b"".join(entry.listed() for entry in entries)
    many = min(len(entries), 0xFFFF)
    target.write(listed)
    target.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *[len(entries)] * 2, len(listed), at))
    target.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(listed), 1))
    target.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, _LONG, _LONG, 0))
    return Salvage(len(entries), total - at, complete)


def _entry(source: IO[bytes], start: int, total: int, budget: list[int]) -> _Entry | None:
    """The file that begins at `start`; None if none does, or if it is cut off."""
    source.seek(start)
    head = source.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(_LOCAL_SIGN):
        return None
    _, _, flags, method, time, date, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name, extra = source.read(name_length), source.read(extra_length)
    begin = start + _LOCAL.size + name_length + extra_length
    if not name or begin > total:
        return None
    if flags & _SIZES_FOLLOW and not flags & _HIDDEN and method == zlib.DEFLATED:
        found = _streamed(source, begin, budget)
        if found is None:
            return None
        crc, packed, size, end = found
    elif flags & _SIZES_FOLLOW and not packed:
        return None  # nothing says where it ends
    else:
        size, packed = _long_sizes(extra, size, packed)
        end = begin + packed
        end += _sizes_behind(source, end, crc, packed, size) if flags & _SIZES_FOLLOW else 0
    return None if end > total else _Entry(start, end, name, flags, method, (time, date), crc, packed, size)


def _streamed(source: IO[bytes], begin: int, budget: list[int]) -> tuple[int, int, int, int] | None:
    """(CRC, packed size, size, end) of a deflated file that ends where its stream does; None if it does not."""
    source.seek(begin)
    stream, crc, size, read = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0, 0
    try:
        while not stream.eof:
            data = stream.unconsumed_tail or source.read(_CHUNK)
            read += 0 if stream.unconsumed_tail else len(data)
            out = stream.decompress(data, _CHUNK)
            crc, size, budget[0] = zlib.crc32(out, crc), size + len(out), budget[0] - len(out)
            if budget[0] < 0 or not (data or out):
                return None
    except zlib.error:
        return None
    packed = read - len(stream.unused_data)
    return crc, packed, size, begin + packed + _sizes_behind(source, begin + packed, crc, packed, size)


def _sizes_behind(source: IO[bytes], at: int, crc: int, packed: int, size: int) -> int:
    """Length of the sizes behind a file: with or without a signature, of four bytes each or of eight."""
    source.seek(at)
    behind = source.read(24)
    for sign in (_SIZES_SIGN, b""):
        for form in ("<L2L", "<L2Q"):
            if "L2L" in form and max(packed, size) > _LONG:
                continue
            wanted = sign + struct.pack(form, crc, packed, size)
            if behind.startswith(wanted):
                return len(wanted)
    return 0


def _in_utf8(name: bytes) -> bool:
    try:
        return bool(name.decode("utf-8"))
    except UnicodeError:
        return False


def _long_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """Both sizes, from the extra field of ZIP64 where the header has no room for them."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and length >= 16 and _LONG in (size, packed) and at + 20 <= len(extra):
            size, packed = struct.unpack_from("<QQ", extra, at + 4)
        at += 4 + length
    return size, packed
