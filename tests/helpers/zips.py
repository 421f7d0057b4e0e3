"""Zips by hand: also such as no program writes."""

import io
import struct
import zipfile

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
METHOD = ((LOCAL, 8), (CENTRAL, 10))  # where an entry's way of packing stands, twice
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def zipped(files):
    """Bytes of a zip of {name: bytes}, or of pairs."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
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
