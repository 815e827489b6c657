"""The streams of the test vectors, cut into TCP segments in every way."""

import tempfile
import unittest
from pathlib import Path

from checks.capture import Capture, Conversation
from checks.tshark import directions, packets, tshark
from connect_wire import MAX_DATA_LEN, Message, encode
from tests import vectors

# Ports that Wireshark has no other use for.
PORT = 60001
FIRST_CLIENT_PORT = 50_000

BY_PORT = ("-o", f"connect.tcp_ports:{PORT}")

# A stream of 100 MB makes a capture of 100 MB.
LONGEST = 2_000_000


class VectorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.file = Path(folder.name) / "vectors.pcap"
        # The dissector knows no receive limit, but that of the format.
        cls.cases = [
            (stream, cuts)
            for stream in vectors.load().streams
            if len(stream.data) <= LONGEST and (stream.limit == MAX_DATA_LEN or stream.verdict == "clean-end")
            for cuts in stream.cuts()
        ]
        with Capture(cls.file) as capture:
            for index, (_, cuts) in enumerate(cls.cases):
                # From both sides in turn: directions are told apart.
                conversation = Conversation(capture, FIRST_CLIENT_PORT + index, PORT)
                for piece in cuts:
                    conversation.send(index % 2 == 0, piece)
                conversation.close()

    def test_every_frame_and_every_fault_is_found(self):
        # With one pass, as while capturing, and with two, as in a window in which packets are clicked.
        for passes in ([], ["-2"]):
            found = directions(packets(self.file, *passes, *BY_PORT))
            frames = faults = 0
            for index, (stream, cuts) in enumerate(self.cases):
                with self.subTest(stream.name, cuts=[len(cut) for cut in cuts][:20], passes=passes):
                    port = FIRST_CLIENT_PORT + index if index % 2 == 0 else PORT
                    direction = found[index, port]
                    self.assertTrue(direction.messages == [tuple(message) for message in stream.messages])
                    self.assertEqual((direction.fault, direction.value), fault_of(stream))
                    self.assertTrue(direction.silent_behind)
                    if direction.fault:
                        self.assertEqual(direction.fault_at, decided_at(stream, cuts))
                        faults += 1
                    frames += len(direction.messages)
            print(f"\ndissector: {len(self.cases)} streams, {frames} frames, {faults} faults, passes {passes}")

    def test_nothing_is_taken_for_connect_unless_somebody_says_so(self):
        self.assertEqual(tshark("-r", self.file, "-Y", "connect").count("\n"), 0)
        as_decoded = packets(self.file, "-d", f"tcp.port=={PORT},connect", keep="connect")
        by_preference = packets(self.file, "-o", f"connect.tcp_ports:60000-{PORT}", keep="connect")
        self.assertTrue(len(as_decoded) > 1000)
        self.assertEqual(as_decoded, by_preference)

    def test_guessing_finds_valid_streams_and_leaves_others_alone(self):
        found = {packet.stream for packet in packets(self.file, "-o", "connect.guess:TRUE", keep="connect")}
        for index, (stream, cuts) in enumerate(self.cases):
            with self.subTest(stream.name):
                if stream.verdict == "clean-end" and len(cuts) == 1:
                    self.assertIn(index, found)
                if not stream.messages and stream.verdict not in ("clean-end", "truncated"):
                    self.assertNotIn(index, found)

    def test_the_list_of_packets_names_every_frame(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "list.pcap"
            stream = b"".join(encode(Message(tag, bytes(tag))) for tag in range(1, 6))
            with Capture(file) as capture:
                conversation = Conversation(capture, FIRST_CLIENT_PORT, PORT)
                # Within the third of five frames; then what no receiver takes.
                for piece in (stream[:25], stream[25:], bytes(4), b"more"):
                    conversation.send(True, piece)
            lines = tshark("-r", file, *BY_PORT, "-Y", "connect", "-T", "fields", "-e", "_ws.col.Info").splitlines()
        self.assertEqual(
            lines,
            [
                "recipient 1, 1 bytes | recipient 2, 2 bytes",
                "recipient 3, 3 bytes | recipient 4, 4 bytes | recipient 5, 5 bytes",
                "not a frame",
                "behind a frame that cannot be read",
            ],
        )

    def test_directions_are_told_apart_if_both_ends_use_the_same_port(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "same-port.pcap"
            with Capture(file) as capture:
                conversation = Conversation(capture, PORT, PORT)
                conversation.send(True, bytes(4))
                conversation.send(False, encode(Message(7, b"hello")))
                conversation.send(True, b"more")
                conversation.close()
            found = [(packet.messages, packet.faults) for packet in packets(file, *BY_PORT) if packet.tcp_len]
        self.assertEqual(found, [([], {"bad_size"}), ([(7, b"hello")], set()), ([], {"out_of_step"})])

    def test_fields_can_be_filtered(self):
        everything = packets(self.file, *BY_PORT)
        for expression, holds in [
            ("connect.recipient == 65535", lambda packet: 65535 in recipients(packet)),
            ("connect.data_len > 250", lambda packet: any(len(data) > 250 for _, data in packet.messages)),
            ("connect.data == 68:65:6c:6c:6f", lambda packet: b"hello" in [data for _, data in packet.messages]),
            ("connect.bad_version", lambda packet: "bad_version" in packet.faults),
        ]:
            with self.subTest(expression):
                chosen = packets(self.file, *BY_PORT, keep=expression)
                expected = [packet for packet in everything if holds(packet)]
                self.assertTrue(chosen)
                self.assertTrue(chosen == expected)


def recipients(packet):
    return [recipient for recipient, _ in packet.messages]


def fault_of(stream):
    if stream.verdict == "size-too-small":
        return "bad_size", stream.values["size"]
    if stream.verdict == "data-too-large":
        return "bad_size", stream.values["length"] + 4
    if stream.verdict == "unsupported-version":
        return "bad_version", stream.values["version"]
    return None, None


def decided_at(stream, cuts):
    """Behind the segment with which the verdict is certain."""
    given = 0
    for cut in cuts:
        given += len(cut)
        if given >= stream.decided_after:
            return given
