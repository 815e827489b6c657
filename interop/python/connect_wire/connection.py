"""Connections: messages out, messages in."""

import asyncio

from connect_wire.decoder import END, NEED_INPUT, Decoder
from connect_wire.frame import MAX_DATA_LEN, encode
from connect_wire.stream import PlainStream
from connect_wire.tls import TlsStream

# Seconds. Nobody needs longer to say who they are, or to take the little that `send` leaves behind.
HANDSHAKE_TIMEOUT = 10
CLOSE_TIMEOUT = 10

SLOW_HANDSHAKE = "the peer did not complete the TLS handshake"


class Connection:
    """Both directions. One task may `receive` while any number `send`.

    `receive` and `send` wait for the peer as long as it takes: put them into `asyncio.wait_for` where that is too long.
    """

    def __init__(self, stream, limit=MAX_DATA_LEN):
        """`limit` is the most data, in bytes, that a received message may carry."""
        self._stream = stream
        self._decoder = Decoder(limit)
        self._failure = None
        self._ended = False
        self._draining = asyncio.Lock()

    @property
    def stream(self):
        return self._stream

    @property
    def peer(self):
        return self._stream.peer

    async def receive(self):
        """The next `Message`, or `None` at a clean end.

        Raises behind everything that was whole before: a `FormatError`, `TlsTruncated`, or what went wrong with TLS or
        the transport (`OSError`). Asked again, it is the same. Nothing is lost if this is cancelled.
        """
        while True:
            answer = self._decoder.next_message()
            if answer is END:
                return None
            if answer is not NEED_INPUT:
                return answer
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            try:
                data = await self._stream.read()
            except Exception as error:  # of TLS or of the transport: final, whatever it is
                self._failure = error
                continue
            if data:
                self._decoder.feed(data)
            else:
                self._decoder.finish()

    async def send(self, *messages):
        """Writes these messages together, and waits while the peer is behind.

        Raises `Unsendable` before anything is written, or `OSError`. If this is cancelled they are sent nevertheless,
        or none of them.
        """
        frames = b"".join(encode(message) for message in messages)
        async with self._draining:
            self._stream.write(frames)
            await self._stream.drain()

    async def end(self):
        """Tells the peer that nothing will follow. Receiving goes on. Idempotent."""
        async with self._draining:
            if not self._ended:
                self._ended = True
                self._stream.end()

    async def close(self, timeout=CLOSE_TIMEOUT):
        """Ends this direction, writes what is queued, and closes both.

        Raises `TimeoutError` if the peer has not taken all of it within `timeout` seconds; `None` waits without end.
        Then, and if this is cancelled, what is still queued is lost.
        """
        try:
            await _within(timeout, self._end_and_close(), "the peer did not take what was queued before the close")
        except BaseException:
            self.abort()
            raise

    async def _end_and_close(self):
        try:
            await self.end()
        except Exception:  # of TLS, and there may be an alert to be written; not a cancellation, which must not wait
            await self._stream.close()
            raise
        await self._stream.close()

    def abort(self):
        """Closes at once. What is queued is lost."""
        self._stream.abort()


async def connect(host, port, tls=None, server_name=None, limit=MAX_DATA_LEN, handshake_timeout=HANDSHAKE_TIMEOUT):
    """A client. With `tls`, an `ssl.SSLContext`, the server has to prove that it is `server_name`, or else `host`.

    Raises `TimeoutError` if that takes longer than `handshake_timeout` seconds; `None` waits without end.
    """
    plain = PlainStream(*await asyncio.open_connection(host, port))
    if tls is None:
        return Connection(plain, limit)
    stream = TlsStream(plain, tls, server_name or host)
    try:
        await _within(handshake_timeout, stream.handshake(), SLOW_HANDSHAKE)
    except BaseException:
        await _close_quietly(plain)
        raise
    return Connection(stream, limit)


class Listener:
    """Awaits `handler(connection)` for each client, each in a task of its own. Made by `serve`."""

    def __init__(self, handler, tls, limit, on_error):
        self._handler = handler
        self._tls = tls
        self._limit = limit
        self._on_error = on_error
        self._tasks = set()
        self._server = None

    async def _bind(self, host, port):
        self._server = await asyncio.start_server(self._accept, host, port)

    @property
    def address(self):
        """Host and port."""
        return self._server.sockets[0].getsockname()[:2]

    async def serve_forever(self):
        await self._server.serve_forever()

    async def close(self):
        """Accepts nobody any more, and cancels the handlers."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader, writer):
        task = asyncio.ensure_future(self._serve(PlainStream(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, plain):
        peer = plain.peer
        try:
            stream = plain
            if self._tls is not None:
                stream = TlsStream(plain, self._tls)
                await _within(HANDSHAKE_TIMEOUT, stream.handshake(), SLOW_HANDSHAKE)
            await self._handler(Connection(stream, self._limit))
        except asyncio.CancelledError:
            plain.abort()
            raise
        except Exception as error:
            if self._on_error is not None:
                self._on_error(peer, error)
        finally:
            await _close_quietly(plain)


async def serve(handler, host, port, tls=None, limit=MAX_DATA_LEN, on_error=None):
    """A `Listener`. What goes wrong with one client is told to `on_error(peer, error)`, and ends nobody else."""
    listener = Listener(handler, tls, limit, on_error)
    await listener._bind(host, port)
    return listener


async def _close_quietly(plain):
    try:
        await asyncio.wait_for(plain.close(), CLOSE_TIMEOUT)
    except (OSError, asyncio.TimeoutError):
        plain.abort()


async def _within(timeout, work, complaint):
    try:
        return await asyncio.wait_for(work, timeout)
    except asyncio.TimeoutError as error:
        if error.args:  # of the transport: ETIMEDOUT
            raise
        raise TimeoutError(f"{complaint} within {timeout} seconds") from None
