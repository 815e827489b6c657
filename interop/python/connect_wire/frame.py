"""The layout of a frame (WIRE.md, sections 1 and 2)."""

import struct
from typing import NamedTuple

from connect_wire.errors import EmptyData, TooMuchData

VERSION = 1
MAX_DATA_LEN = 100_000_000

# size, version, recipient
HEADER = struct.Struct(">IHH")
HEADER_LEN = HEADER.size

# `size` counts version and recipient, too.
SIZE_WITHOUT_DATA = 4


class Message(NamedTuple):
    """What a frame carries. `recipient` is a tag of 16 bits that nothing here interprets."""

    recipient: int
    data: bytes


def encode(message, limit=MAX_DATA_LEN):
    """The bytes of the frame that carries `message`.

    Raises `EmptyData`, `TooMuchData` above `limit` or what the format allows, and `ValueError` for a recipient of
    more than 16 bits.
    """
    recipient, data = message
    limit = min(limit, MAX_DATA_LEN)
    if not data:
        raise EmptyData
    if len(data) > limit:
        raise TooMuchData(len(data), limit)
    if not 0 <= recipient <= 0xFFFF:
        raise ValueError(f"recipient {recipient} does not fit into 16 bits")
    return HEADER.pack(len(data) + SIZE_WITHOUT_DATA, VERSION, recipient) + data
