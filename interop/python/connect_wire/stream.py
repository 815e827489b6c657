"""A byte stream in both directions, each of which ends by itself."""

import asyncio
import errno

READ_LEN = 64 * 1024


class PlainStream:
    """TCP, or whatever else asyncio has streams for."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer

    @property
    def peer(self):
        return self._writer.get_extra_info("peername")

    async def read(self):
        """What came, or nothing at the end."""
        return await self._reader.read(READ_LEN)

    def write(self, data):
        """Queues all of it, or raises. Wait with `drain` before the next."""
        self._writer.write(data)

    async def drain(self):
        await self._writer.drain()

    def end(self):
        """Nothing more will be written. Reading goes on."""
        try:
            self._writer.write_eof()
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
            # The peer has closed both directions: there is nobody to be told.

    async def close(self):
        """Writes what is queued, and closes."""
        self._writer.close()
        # If this is cancelled, the transport must not take its own end for cancelled.
        await asyncio.shield(self._writer.wait_closed())

    def abort(self):
        """Closes at once."""
        self._writer.transport.abort()
