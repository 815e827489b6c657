"""Connections over TCP on loopback, this side against itself."""

import asyncio
import ssl
import unittest

from connect_wire import MAX_DATA_LEN, Message, SizeTooSmall, Truncated, TooMuchData, connect, serve
from connect_wire.client import exchange, random_messages
from connect_wire.echo_server import echo
from tests import vectors

TIMEOUT = 30


class ConnectionTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.streams = vectors.load().streams

    async def asyncSetUp(self):
        self.errors = asyncio.Queue()
        self.listener = await serve(echo, "127.0.0.1", 0, on_error=lambda _, error: self.errors.put_nowait(error))
        self.addAsyncCleanup(self.listener.close)

    async def client(self):
        connection = await connect(*self.listener.address)
        self.addCleanup(connection.abort)
        return connection

    async def within(self, work):
        return await asyncio.wait_for(work, TIMEOUT)

    async def test_messages_come_back_in_order(self):
        connections = [await self.client() for _ in range(4)]
        exchanges = [
            exchange(connection, list(random_messages(300, seed))) for seed, connection in enumerate(connections)
        ]
        await self.within(asyncio.gather(*exchanges))

    async def test_many_tasks_send(self):
        connection = await self.client()
        sending = [connection.send(Message(tag, bytes(50_000))) for tag in range(40)]

        async def receive():
            return {(await connection.receive()).recipient for _ in sending}

        *_, received = await self.within(asyncio.gather(*sending, receive()))
        self.assertEqual(received, set(range(40)))

    async def test_a_direction_ends_by_itself(self):
        connection = await self.client()
        await connection.send(Message(1, b"before"))
        await connection.end()
        await connection.end()
        self.assertEqual(await self.within(connection.receive()), Message(1, b"before"))
        self.assertIsNone(await self.within(connection.receive()))
        self.assertIsNone(await self.within(connection.receive()))
        await self.within(connection.close())

    async def test_what_cannot_be_sent_leaves_the_connection_as_it_was(self):
        connection = await self.client()
        with self.assertRaises(TooMuchData):
            await connection.send(Message(1, b"valid"), Message(1, bytes(100_000_001)))
        await connection.send(Message(2, b"next"))
        self.assertEqual(await self.within(connection.receive()), Message(2, b"next"))

    async def test_bad_clients_end_alone_and_with_a_reason(self):
        good = await self.client()
        for stream in self.streams:
            if stream.verdict == "clean-end" or stream.limit != MAX_DATA_LEN:
                continue
            with self.subTest(stream.name):
                reader, writer = await asyncio.open_connection(*self.listener.address)
                writer.write(stream.data)
                if stream.verdict == "truncated":
                    writer.write_eof()
                error = await self.within(self.errors.get())
                self.assertEqual((error.verdict, vars(error)), (stream.verdict, stream.values))
                await self.within(reader.read())
                writer.close()
                await good.send(Message(3, b"still here"))
                self.assertEqual(await self.within(good.receive()), Message(3, b"still here"))

    async def test_errors_are_final_and_come_behind_what_was_whole(self):
        async def misbehave(reader, writer):
            writer.write(bytes.fromhex("00000005 0001 0000 61 00000000") + bytes(1000))
            await writer.drain()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(misbehave, "127.0.0.1", 0)
        self.addCleanup(server.close)
        connection = await connect(*server.sockets[0].getsockname())
        self.addCleanup(connection.abort)
        self.assertEqual(await self.within(connection.receive()), Message(0, b"a"))
        for _ in range(2):
            with self.assertRaises(SizeTooSmall):
                await self.within(connection.receive())
        # The other direction is not concerned.
        await connection.send(Message(1, b"a last word"))
        await connection.close()

    async def test_a_receive_that_is_cancelled_loses_nothing(self):
        connection = await self.client()
        message = Message(9, bytes(400_000))
        waiting = 0
        await connection.send(message)
        while True:
            receiving = asyncio.ensure_future(connection.receive())
            await asyncio.sleep(0)
            if receiving.done():
                break
            receiving.cancel()
            waiting += 1
            await asyncio.sleep(0)
            self.assertLess(waiting, 1_000_000)
        self.assertEqual(await receiving, message)
        self.assertGreater(waiting, 0)

    async def silent_listener(self):
        async def takes_nothing(_):
            await asyncio.sleep(2 * TIMEOUT)

        listener = await serve(takes_nothing, "127.0.0.1", 0)
        self.addAsyncCleanup(listener.close)
        return listener

    async def test_a_close_is_not_held_up_by_a_peer_that_takes_nothing(self):
        listener = await self.silent_listener()
        for is_still_sending in (True, False):
            with self.subTest(is_still_sending=is_still_sending):
                connection = await connect(*listener.address)
                # More than all buffers between two sockets hold.
                sending = asyncio.ensure_future(connection.send(Message(1, bytes(20_000_000))))
                await asyncio.sleep(0.1)
                self.assertFalse(sending.done())
                if not is_still_sending:
                    sending.cancel()
                with self.assertRaisesRegex(TimeoutError, "take what was queued .* within 0.1 seconds"):
                    await self.within(connection.close(timeout=0.1))
                await self.within(asyncio.gather(sending, return_exceptions=True))
                await self.within(connection.close())

    async def test_a_server_that_says_nothing_is_not_waited_for_without_end(self):
        listener = await self.silent_listener()
        with self.assertRaisesRegex(TimeoutError, "handshake within 0.1 seconds"):
            tls = ssl.create_default_context()
            await self.within(connect(*listener.address, tls, "localhost", handshake_timeout=0.1))

    async def test_a_cut_is_not_an_end(self):
        reader, writer = await asyncio.open_connection(*self.listener.address)
        writer.write(bytes.fromhex("00000009 0001 0007 6865"))
        writer.close()
        error = await self.within(self.errors.get())
        self.assertIsInstance(error, Truncated)
        self.assertEqual(error.missing, 3)
        await reader.read()
