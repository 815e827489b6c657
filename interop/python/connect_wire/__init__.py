"""The wire format of Connect, version 1 (WIRE.md): a codec without I/O, and connections over asyncio.

    encode(Message(7, b"hello"))            the bytes of a frame
    Decoder(limit=65536)                    bytes in, messages out
    await connect("127.0.0.1", 7000)        a Connection: send, receive, end, close
    await serve(handler, "127.0.0.1", 0)    a listener
"""

from connect_wire.connection import Connection, Listener, connect, serve
from connect_wire.decoder import END, NEED_INPUT, Decoder
from connect_wire.errors import (
    DataTooLarge,
    EmptyData,
    FormatError,
    SizeTooSmall,
    TlsTruncated,
    TooMuchData,
    Truncated,
    Unsendable,
    UnsupportedVersion,
)
from connect_wire.frame import HEADER_LEN, MAX_DATA_LEN, VERSION, Message, encode

__all__ = [
    "Connection",
    "DataTooLarge",
    "Decoder",
    "EmptyData",
    "END",
    "FormatError",
    "HEADER_LEN",
    "Listener",
    "MAX_DATA_LEN",
    "Message",
    "NEED_INPUT",
    "SizeTooSmall",
    "TlsTruncated",
    "TooMuchData",
    "Truncated",
    "Unsendable",
    "UnsupportedVersion",
    "VERSION",
    "connect",
    "encode",
    "serve",
]
