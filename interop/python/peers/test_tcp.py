"""Python and Rust over TCP on loopback, in both roles."""

import asyncio
import unittest

from connect_wire import MAX_DATA_LEN, Message, connect
from connect_wire.client import exchange, random_messages
from peers.processes import TIMEOUT, example, python
from tests import vectors

# What the programs of Rust begin with.
PREFIXES = {"connect-tokio": "", "connect-async-std": "async-std-"}

# What their server says to each verdict.
REASONS = {
    "size-too-small": "a frame of size {size};",
    "data-too-large": "announced {length} bytes of data; the receive limit is {limit}",
    "unsupported-version": "sent version {version};",
    "truncated": "ended inside a frame; at least {missing} more bytes",
}


class TcpTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.streams = [stream for stream in vectors.load().streams if stream.limit == MAX_DATA_LEN]

    async def within(self, work):
        return await asyncio.wait_for(work, TIMEOUT)

    async def client(self, address):
        connection = await connect(*address)
        self.addCleanup(connection.abort)
        return connection

    async def test_the_python_client_with_each_server(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server = await example(self, prefix + "tcp-echo-server", "127.0.0.1:0")
                address = "{}:{}".format(*await server.address())
                texts = ["Hello world!", "again"]
                client = await python(self, "client", address, "--recipient", 513, *texts, "--random", 3000)
                self.assertEqual(await client.finish(), 0, client)
                self.assertEqual(client.out[:2], ["recipient 513: Hello world!", "recipient 513: again"])
                print(f"\nPython to {crate}: {client.out[2]}")
                self.assertEqual(server.err, [])

    async def test_each_client_with_the_python_server(self):
        server = await python(self, "echo_server", "127.0.0.1:0")
        address = "{}:{}".format(*await server.address())
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                client = await example(self, prefix + "tcp-client", address)
                self.assertEqual(await client.finish(), 0, client)
                self.assertIn("recipient 65535: Hello world!", client.out)
                client = await example(self, prefix + "tcp-client-blaster", address, 20_000)
                self.assertEqual(await client.finish(), 0, client)
                self.assertTrue(client.out[-1].startswith("20000 messages out and back in order"), client)
                print(f"\n{crate} to Python: {client.out[-1]}")
        self.assertEqual(server.err, [])

    async def test_large_messages_and_several_connections(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server = await example(self, prefix + "tcp-echo-server", "127.0.0.1:0")
                address = await server.address()
                large = [Message(0, b"a"), Message(65535, bytes(range(256)) * 20_000), Message(1, b"b" * 3_000_000)]
                cases = [large] + [list(random_messages(300, seed)) for seed in range(8)]
                clients = [await self.client(address) for _ in cases]
                await self.within(asyncio.gather(*map(exchange, clients, cases)))
                self.assertEqual(server.err, [])

    async def test_servers_refuse_bad_streams_and_go_on(self):
        for crate, prefix in PREFIXES.items():
            server = await example(self, prefix + "tcp-echo-server", "127.0.0.1:0")
            address = await server.address()
            good = await self.client(address)
            refused = 0
            for stream in self.streams:
                if stream.verdict == "clean-end":
                    continue
                with self.subTest(crate, stream=stream.name):
                    await self.within(self.refuses(server, address, stream))
                    message = Message(refused, stream.name.encode())
                    await good.send(message)
                    self.assertEqual(await self.within(good.receive()), message)
                    refused += 1
            await good.end()
            self.assertIsNone(await self.within(good.receive()))
            self.assertEqual(len(server.err), refused)
            print(f"\n{crate} refuses {refused} bad streams")

    async def refuses(self, server, address, stream):
        """Gets back what was whole, hears of no error, but is hung up on; the server says why."""
        said = len(server.err)
        reader, writer = await asyncio.open_connection(*address)
        try:
            writer.write(stream.data)
            if stream.verdict == "truncated":
                writer.write_eof()
            self.assertEqual(await reader.read(), b"".join(frames(stream.messages)))
        finally:
            writer.close()
        await server.says(server.err, REASONS[stream.verdict].format(**stream.values), since=said)


def frames(messages):
    """Put together by hand, for once."""
    for recipient, data in messages:
        yield (len(data) + 4).to_bytes(4, "big") + b"\x00\x01" + recipient.to_bytes(2, "big") + data
