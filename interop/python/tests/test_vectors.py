"""The codec by the test vectors."""

import unittest

from connect_wire import END, NEED_INPUT, Decoder, FormatError, Message, Unsendable, encode
from tests import vectors


class VectorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vectors = vectors.load()

    def test_frames_are_written_and_read(self):
        for frame in self.vectors.frames:
            with self.subTest(frame.name):
                written = encode(frame.message)
                # Not assertEqual, which would print both.
                self.assertTrue(written == frame.header + frame.message.data)
                decoder = Decoder()
                decoder.feed(written)
                self.assertTrue(decoder.next_message() == frame.message)
                self.assertIs(decoder.next_message(), NEED_INPUT)

    def test_what_no_frame_can_carry_is_refused(self):
        for entry in self.vectors.unsendable:
            with self.subTest(entry.name):
                with self.assertRaises(Unsendable) as refusal:
                    encode(Message(7, entry.data))
                self.assertEqual(refusal.exception.verdict, entry.verdict)
                self.assertEqual(vars(refusal.exception), entry.values)

    def test_streams_mean_the_same_however_they_are_cut(self):
        readings = 0
        for stream in self.vectors.streams:
            with self.subTest(stream.name):
                for cuts in stream.cuts():
                    self.read(stream, cuts)
                    readings += 1
        print(f"wire vectors: {len(self.vectors.streams)} streams, {readings} readings")

    def read(self, stream, cuts):
        decoder = Decoder(stream.limit)
        expected = iter(stream.messages)
        given = 0
        refused = False
        for piece in cuts:
            decoder.feed(piece)
            given += len(piece)
            decided = stream.decided_after is not None and given >= stream.decided_after
            answer = self.drain(decoder, () if refused else expected)
            if decided:
                self.assert_verdict(answer, stream)
                refused = True
            else:
                self.assertIs(answer, NEED_INPUT)
        decoder.finish()
        self.assert_verdict(self.drain(decoder, expected), stream)
        self.assertIsNone(next(expected, None), "a message is missing")

    def drain(self, decoder, expected):
        """Takes all messages that are there, and returns what comes behind them."""
        expected = iter(expected)
        while True:
            try:
                answer = decoder.next_message()
            except FormatError as error:
                return error
            if not isinstance(answer, Message):
                return answer
            self.assertTrue(answer == next(expected, None))

    def assert_verdict(self, answer, stream):
        if stream.verdict == "clean-end":
            self.assertIs(answer, END)
        else:
            self.assertIsInstance(answer, FormatError)
            self.assertEqual((answer.verdict, vars(answer)), (stream.verdict, stream.values))
