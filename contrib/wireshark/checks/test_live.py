"""What really passes over loopback: the examples of this repository, and the Python peer, while dumpcap captures."""

import asyncio
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from checks.tshark import directions, packets, tshark
from connect_wire import connect
from connect_wire.client import exchange, random_messages
from connect_wire.tls import client_context
from peers.processes import TIMEOUT, Process, example, make_certificates


def reason_not_to_capture():
    """What dumpcap says if it may not."""
    try:
        done = subprocess.run(
            ["dumpcap", "-q", "-i", "lo", "-a", "duration:1", "-w", "/dev/null"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        return "dumpcap is missing"
    return None if done.returncode == 0 else done.stdout.strip()


REASON = reason_not_to_capture()

# On a machine with several processors packets are not always captured in their order.
IN_ORDER = ("-o", "tcp.reassemble_out_of_order:TRUE")


@unittest.skipIf(REASON, f"this machine does not let us capture: {REASON}")
class LiveTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "live.pcapng"
        # It would complain that tshark is waited for.
        asyncio.get_running_loop().set_debug(False)

    async def capture(self, port):
        command = ("dumpcap", "-q", "-i", "lo", "-B", "64", "-f", f"tcp port {port}", "-w", self.file)
        self.dumpcap = await Process.start(self, *command)
        await self.dumpcap.says(self.dumpcap.err, "File: ")

    async def captured(self, connections):
        """Once all of these are there from beginning to end."""
        for _ in range(10 * TIMEOUT):
            fields = ("-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport")
            ends = tshark("-r", self.file, "-Y", "tcp.flags.fin == 1", *fields, is_growing=True)
            if len(set(ends.splitlines())) == 2 * connections:
                break
            await asyncio.sleep(0.2)
        self.dumpcap.child.send_signal(signal.SIGINT)
        self.assertEqual(await self.dumpcap.finish(), 0)

    async def exchange(self, address, messages, tls=None):
        connection = await connect(*address, tls, "localhost")
        self.addCleanup(connection.abort)
        await asyncio.wait_for(exchange(connection, messages), TIMEOUT)
        await connection.close()

    def assert_both_ways(self, found, stream, port, messages):
        (client_port,) = {own for index, own in found if index == stream and own != port}
        for source in (client_port, port):
            self.assertTrue(found[stream, source].messages == [tuple(message) for message in messages])
            self.assertIsNone(found[stream, source].fault)

    async def test_the_tcp_examples(self):
        for prefix in ("", "async-std-"):
            with self.subTest(prefix):
                server = await example(self, prefix + "tcp-echo-server", "127.0.0.1:0")
                host, port = await server.address()
                await self.capture(port)
                client = await example(self, prefix + "tcp-client", f"{host}:{port}")
                self.assertEqual(await client.finish(), 0, client)
                client = await example(self, prefix + "tcp-client-blaster", f"{host}:{port}", 5000)
                self.assertEqual(await client.finish(), 0, client)
                messages = list(random_messages(200, 5))
                await self.exchange((host, port), messages)
                await self.captured(3)
                found = directions(packets(self.file, *IN_ORDER, "-d", f"tcp.port=={port},connect"))
                self.assert_both_ways(found, 0, port, [(65535, b"Hello world!")])
                self.assert_both_ways(found, 1, port, [(index, f"message {index}".encode()) for index in range(5000)])
                self.assert_both_ways(found, 2, port, messages)
                print(f"\ndissector, {prefix}tcp-echo-server over loopback: {2 * (1 + 5000 + len(messages))} frames")

    async def test_the_tls_example(self):
        certificates = self.folder / "certificates"
        make_certificates(certificates)
        files = [certificates / "server.pem", certificates / "server.key"]
        server = await example(self, "tls-echo-server", "127.0.0.1:0", *files)
        host, port = await server.address()
        await self.capture(port)
        secrets = self.folder / "secrets"
        context = client_context(certificates / "authority.pem")
        context.keylog_filename = str(secrets)
        messages = list(random_messages(200, 6))
        await self.exchange((host, port), messages, context)
        await self.captured(1)
        found = directions(packets(self.file, *IN_ORDER, "-o", f"tls.keylog_file:{secrets}"))
        self.assert_both_ways(found, 0, port, messages)
        print(f"\ndissector, tls-echo-server over loopback: {2 * len(messages)} frames")
