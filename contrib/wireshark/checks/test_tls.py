"""TLS connections whose secrets are known, made in memory: found by the application protocol, or by a port."""

import ssl
import tempfile
import unittest
from pathlib import Path

from checks.capture import Capture, Conversation
from checks.tshark import directions, packets, tshark
from connect_wire import Message, encode
from connect_wire.client import random_messages
from connect_wire.tls import client_context, server_context
from peers.processes import make_certificates

# A port that Wireshark has no other use for.
PORT = 60001


class Side:
    """One end, whose bytes go into a conversation as segments of `segment_len`."""

    def __init__(self, context, conversation, is_client, segment_len):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = "localhost" if is_client else None
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=not is_client, server_hostname=name)
        self.conversation = conversation
        self.is_client = is_client
        self.segment_len = segment_len

    def shake_hands(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def carry_to(self, peer):
        data = self.outgoing.read()
        for begin in range(0, len(data), self.segment_len):
            self.conversation.send(self.is_client, data[begin : begin + self.segment_len])
        peer.incoming.write(data)


class TlsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        certificates = self.folder / "certificates"
        make_certificates(certificates)
        self.client = client_context(certificates / "authority.pem")
        self.server = server_context(certificates / "server.pem", certificates / "server.key")
        self.without_protocol = ssl.create_default_context(cafile=certificates / "authority.pem")
        self.file, self.secrets = self.folder / "tls.pcap", self.folder / "secrets"
        for context in (self.client, self.without_protocol):
            context.keylog_filename = str(self.secrets)

    def converse(self, capture, context, port, said, record_len=20_000, segment_len=1400):
        """A connection in which each side says these bytes, `record_len` of them in a record."""
        conversation = Conversation(capture, port, PORT)
        client = Side(context, conversation, True, segment_len)
        server = Side(self.server, conversation, False, segment_len)
        done = [False, False]
        while not all(done):
            done = [client.shake_hands(), server.shake_hands()]
            client.carry_to(server)
            server.carry_to(client)
        for side, peer in ((client, server), (server, client)):
            for begin in range(0, len(said), record_len):
                side.tls.write(said[begin : begin + record_len])
            side.carry_to(peer)
        conversation.close()

    def test_frames_are_found_in_records(self):
        messages = list(random_messages(60, 3))
        said = b"".join(map(encode, messages))
        lengths = [(20_000, 1400), (100, 60_000), (3000, 777)]
        with Capture(self.file) as capture:
            for index, (record_len, segment_len) in enumerate(lengths):
                self.converse(capture, self.client, 50_000 + index, said, record_len, segment_len)
        found = directions(packets(self.file, "-o", f"tls.keylog_file:{self.secrets}"))
        for index in range(len(lengths)):
            for port in (50_000 + index, PORT):
                self.assertTrue(found[index, port].messages == [tuple(message) for message in messages])
                self.assertIsNone(found[index, port].fault)
        print(f"\ndissector, in TLS by its application protocol: {2 * len(lengths) * len(messages)} frames")
        # Without the secrets there is nothing to be seen.
        self.assertEqual(tshark("-r", self.file, "-Y", "connect"), "")

    def test_a_port_does_for_peers_that_name_no_protocol(self):
        hello = Message(7, b"hello")
        with Capture(self.file) as capture:
            self.converse(capture, self.without_protocol, 50_000, encode(hello))
        keys = ("-o", f"tls.keylog_file:{self.secrets}")
        self.assertEqual(directions(packets(self.file, *keys))[0, 50_000].messages, [])
        by_preference = directions(packets(self.file, *keys, "-o", f"connect.tls_ports:{PORT}"))
        as_decoded = directions(packets(self.file, *keys, "-d", f"tls.port=={PORT},connect"))
        for found in (by_preference, as_decoded):
            self.assertEqual(found[0, 50_000].messages, [hello])
            self.assertEqual(found[0, PORT].messages, [hello])

    def test_faults_are_found_in_records(self):
        with Capture(self.file) as capture:
            self.converse(capture, self.client, 50_000, encode(Message(7, b"hello")) + bytes(4))
        found = directions(packets(self.file, "-o", f"tls.keylog_file:{self.secrets}"))
        for port in (50_000, PORT):
            direction = found[0, port]
            self.assertEqual((direction.messages, direction.fault, direction.value), ([(7, b"hello")], "bad_size", 0))
