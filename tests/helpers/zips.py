"""Zips by hand: also such as no program writes."""

import io
import struct
import zipfile

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
METHOD = ((LOCAL, 8), (CENTRAL, 10))  # where an entry's way of packing stands, twice
WHEN = (2026, 11, 30, 12, 0, 0)  # of every entry: pytest names tests by their bytes, in two processes at two times
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def zipped(files):
    """Bytes of a zip of {name: bytes}, or of pairs: the same ones whenever it is called."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, WHEN)
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def patched(data, places, value):
    """The zip with a number of two bytes changed in its first entry: (signature, offset) of each place."""
    data = bytearray(data)
    for signature, offset in places:
        struct.pack_into("<H", data, data.find(signature) + offset, value)
    return bytes(data)


def spoilt(data, name):
    """The zip with the packed bytes of one entry overwritten: its deflate stream is broken."""
    data, start = bytearray(data), data.find(name.encode()) + len(name.encode())
    data[start : start + 8] = b"\xff" * 8
    return bytes(data)
