"""Bytes in, messages out (WIRE.md, sections 3 to 5). Performs no I/O."""

import enum
import struct

from connect_wire.errors import DataTooLarge, FormatError, SizeTooSmall, Truncated, UnsupportedVersion
from connect_wire.frame import HEADER_LEN, MAX_DATA_LEN, SIZE_WITHOUT_DATA, VERSION, Message

_U32 = struct.Struct(">I")
_U16 = struct.Struct(">H")


class _Answer(enum.Enum):
    NEED_INPUT = "no whole frame is here"
    END = "the stream ended between two frames"


NEED_INPUT = _Answer.NEED_INPUT
END = _Answer.END


class Decoder:
    """Turns the bytes of one stream into messages.

    Ask `next_message` until the answer is `NEED_INPUT`, then `feed` what came, or tell the end with `finish`. Who
    does so makes it hold one incomplete frame and what was fed last. Memory grows with what has arrived, not with
    what a header announces.
    """

    def __init__(self, limit=MAX_DATA_LEN):
        if not 1 <= limit <= MAX_DATA_LEN:
            raise ValueError(f"a receive limit is 1 to {MAX_DATA_LEN}, and not {limit}")
        self._limit = limit
        self._buffer = bytearray()
        self._begin = 0  # of the frame at the front
        self._finished = False
        self._error = None

    def feed(self, data):
        """Bytes of the stream, cut in any way. Ignored behind the end and after an error."""
        if self._error is None and not self._finished:
            del self._buffer[: self._begin]
            self._begin = 0
            self._buffer += data

    def finish(self):
        """The stream ended."""
        self._finished = True

    def next_message(self):
        """The next `Message`, or `NEED_INPUT`, or `END`.

        Raises a `FormatError` behind everything that was whole before it, and then for ever.
        """
        if self._error is None:
            try:
                return self._next_message()
            except FormatError as error:
                self._error = error
                self._buffer = bytearray()
                self._begin = 0
        raise self._error.with_traceback(None)

    def _next_message(self):
        available = len(self._buffer) - self._begin
        length = self._frame_length(available)
        if length <= available:
            data_begin = self._begin + HEADER_LEN
            end = self._begin + length
            (recipient,) = _U16.unpack_from(self._buffer, data_begin - 2)
            with memoryview(self._buffer) as view:
                data = bytes(view[data_begin:end])
            self._begin = end
            return Message(recipient, data)
        if not self._finished:
            return NEED_INPUT
        if available == 0:
            return END
        raise Truncated(length - available)

    def _frame_length(self, available):
        """How long the frame at the front is; as long as its header is not whole, how long that is."""
        if available < 4:
            return HEADER_LEN
        (size,) = _U32.unpack_from(self._buffer, self._begin)
        if size <= SIZE_WITHOUT_DATA:
            raise SizeTooSmall(size)
        if size - SIZE_WITHOUT_DATA > self._limit:
            raise DataTooLarge(size - SIZE_WITHOUT_DATA, self._limit)
        if available < 6:
            return HEADER_LEN
        (version,) = _U16.unpack_from(self._buffer, self._begin + 4)
        if version != VERSION:
            raise UnsupportedVersion(version)
        return HEADER_LEN if available < HEADER_LEN else size + 4
