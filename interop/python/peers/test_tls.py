"""Python and Rust over TLS on loopback, in both roles, and Python with itself where only it can be looked at."""

import asyncio
import ssl
import tempfile
import unittest
from pathlib import Path

from connect_wire import Message, TlsTruncated, connect, serve
from connect_wire.client import exchange, random_messages
from connect_wire.stream import PlainStream
from connect_wire.tls import ALPN_PROTOCOL, TlsStream, client_context, server_context
from peers.processes import TIMEOUT, example, make_certificates, python
from peers.test_tcp import PREFIXES


class TlsTest(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.ours, cls.others = Path(folder.name) / "ours", Path(folder.name) / "others"
        for files in (cls.ours, cls.others):
            make_certificates(files)
        cls.authority = cls.ours / "authority.pem"
        cls.server_files = [cls.ours / "server.pem", cls.ours / "server.key"]
        cls.client_files = [cls.ours / "client.pem", cls.ours / "client.key"]

    async def within(self, work):
        return await asyncio.wait_for(work, TIMEOUT)

    async def client(self, address, identity=(), authority=None):
        context = client_context(authority or self.authority, *identity)
        connection = await self.within(connect(*address, context, "localhost"))
        self.addCleanup(connection.abort)
        return connection

    async def rust_server(self, prefix, *client_authority):
        server = await example(self, prefix + "tls-echo-server", "127.0.0.1:0", *self.server_files, *client_authority)
        return server, await server.address()

    async def python_listener(self, handler):
        self.errors = asyncio.Queue()
        listener = await serve(
            handler,
            "127.0.0.1",
            0,
            server_context(*self.server_files),
            on_error=lambda _, error: self.errors.put_nowait(error),
        )
        self.addAsyncCleanup(listener.close)
        return listener

    # --- Python as a client

    async def test_the_python_client_with_each_server(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server, address = await self.rust_server(prefix)
                tls = ["--tls", "localhost", self.authority]
                client = await python(self, "client", "{}:{}".format(*address), "Hello world!", "--random", 1500, *tls)
                self.assertEqual(await client.finish(), 0, client)
                self.assertEqual(client.out[0], "recipient 65535: Hello world!")
                print(f"\nPython to {crate} over TLS: {client.out[1]}")

                connection = await self.client(address)
                agreed = connection.stream.ssl_object
                self.assertEqual((agreed.version(), agreed.selected_alpn_protocol()), ("TLSv1.3", ALPN_PROTOCOL))
                # Ends with close_notify in both directions, one after the other.
                await self.within(exchange(connection, list(random_messages(100, 7))))
                await self.within(connection.close())
                self.assertEqual(server.err, [])

    async def test_mutual_tls_with_each_server(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server, address = await self.rust_server(prefix, self.authority)
                connection = await self.client(address, self.client_files)
                await self.within(exchange(connection, list(random_messages(100, 8))))
                await self.within(connection.close())
                self.assertEqual(server.err, [])

                # In TLS 1.3 a client hears of it when it reads.
                for identity, alert, reason in [
                    ((), "CERTIFICATE_REQUIRED", "sent no certificates"),
                    ([self.others / "client.pem", self.others / "client.key"], "UNKNOWN_CA", "UnknownIssuer"),
                ]:
                    said = len(server.err)
                    connection = await self.client(address, identity)
                    for _ in range(2):
                        with self.assertRaises(ssl.SSLError) as refusal:
                            await self.within(connection.receive())
                        self.assertIn(alert, str(refusal.exception))
                    await server.says(server.err, reason, since=said)

    async def test_servers_that_nobody_vouches_for_are_refused(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server, address = await self.rust_server(prefix)
                with self.assertRaises(ssl.SSLCertVerificationError):
                    await self.client(address, authority=self.others / "authority.pem")
                await server.says(server.err, "UnknownCA")
                with self.assertRaises(ssl.SSLCertVerificationError):
                    await self.within(connect(*address, client_context(self.authority), "example.org"))
                connection = await self.client(address)
                await self.within(exchange(connection, list(random_messages(10, 9))))

    async def test_servers_report_a_cut(self):
        for crate, prefix in PREFIXES.items():
            with self.subTest(crate):
                server, address = await self.rust_server(prefix)
                connection = await self.client(address)
                await connection.send(Message(1, b"whole"))
                self.assertEqual(await self.within(connection.receive()), Message(1, b"whole"))
                # FIN between two frames, without close_notify.
                connection.stream.plain.end()
                await server.says(server.err, "without close_notify")

    # --- Python as a server

    async def test_each_client_with_the_python_server(self):
        for mutual in (False, True):
            asks = ["--client-authority", self.authority] if mutual else []
            server = await python(self, "echo_server", "127.0.0.1:0", "--tls", *self.server_files, *asks)
            address = "{}:{}".format(*await server.address())
            for crate, prefix in PREFIXES.items():
                with self.subTest(crate, mutual=mutual):
                    files = [self.authority, *(self.client_files if mutual else [])]
                    client = await example(self, prefix + "tls-client", address, "localhost", *files)
                    self.assertEqual(await client.finish(), 0, client)
                    self.assertIn("recipient 65535: Hello world!", client.out)
                    self.assertEqual(server.err, [], server)
            print(f"\nboth to Python over TLS, mutual: {mutual}")

    async def test_the_python_server_refuses_strangers(self):
        server = await python(
            self, "echo_server", "127.0.0.1:0", "--tls", *self.server_files, "--client-authority", self.authority
        )
        address = "{}:{}".format(*await server.address())
        for crate, prefix in PREFIXES.items():
            for identity, ours, theirs in [
                ([], "CertificateRequired", "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
                ([self.others / "client.pem", self.others / "client.key"], "UnknownCA", "CERTIFICATE_VERIFY_FAILED"),
            ]:
                with self.subTest(crate, alert=ours):
                    said = len(server.err)
                    client = await example(self, prefix + "tls-client", address, "localhost", self.authority, *identity)
                    self.assertEqual(await client.finish(), 1, client)
                    await client.says(client.err, ours)
                    await server.says(server.err, theirs, since=said)

    # --- Python with itself

    async def test_a_direction_ends_by_itself(self):
        async def answers_late(connection):
            messages = []
            while (message := await connection.receive()) is not None:
                messages.append(message)
            for message in messages:
                await connection.send(message)
            await connection.close()

        listener = await self.python_listener(answers_late)
        connection = await self.client(listener.address)
        messages = list(random_messages(50, 10))
        await connection.send(*messages)
        await connection.end()
        for message in messages:
            self.assertEqual(await self.within(connection.receive()), message)
        for _ in range(2):
            self.assertIsNone(await self.within(connection.receive()))

    async def test_what_came_before_the_own_end_is_not_lost(self):
        async def talks_first(connection):
            await connection.send(Message(1, b"one"), Message(2, b"two"))
            await connection.end()
            while await connection.receive() is not None:
                pass

        listener = await self.python_listener(talks_first)
        connection = await self.client(listener.address)
        # All of it, close_notify as well, is here before this side ends, which must find it.
        while received := await self.within(connection.stream.plain.read()):
            connection.stream.incoming.write(received)
        await connection.end()
        self.assertEqual(await self.within(connection.receive()), Message(1, b"one"))
        self.assertEqual(await self.within(connection.receive()), Message(2, b"two"))
        self.assertIsNone(await self.within(connection.receive()))

    async def test_a_cut_is_an_error_behind_what_was_whole(self):
        async def is_cut(connection):
            await connection.send(Message(1, b"whole"))
            connection.stream.plain.end()
            await connection.receive()

        listener = await self.python_listener(is_cut)
        connection = await self.client(listener.address)
        self.assertEqual(await self.within(connection.receive()), Message(1, b"whole"))
        for _ in range(2):
            with self.assertRaises(TlsTruncated):
                await self.within(connection.receive())

    async def test_peers_without_a_protocol_name_are_served(self):
        async def echo_once(connection):
            await connection.send(await connection.receive())
            await connection.close()

        listener = await self.python_listener(echo_once)
        context = ssl.create_default_context(cafile=self.authority)
        plain = PlainStream(*await asyncio.open_connection(*listener.address))
        stream = TlsStream(plain, context, "localhost")
        await self.within(stream.handshake())
        self.assertIsNone(stream.ssl_object.selected_alpn_protocol())
        stream.write(bytes.fromhex("00000005 0001 0000 61"))
        self.assertEqual(await self.within(stream.read()), bytes.fromhex("00000005 0001 0000 61"))
        self.assertEqual(await self.within(stream.read()), b"")
        stream.abort()
