"""Whatever is encoded is decoded, and any bytes have a verdict that does not depend on how they are cut."""

import random
import unittest

from connect_wire import END, NEED_INPUT, DataTooLarge, Decoder, FormatError, Message, encode
from connect_wire.client import random_messages

CASES = 400


def answers(stream, limit, lengths):
    """Everything that a decoder says, its last word included."""
    decoder = Decoder(limit)
    said = []
    begin = 0
    while True:
        try:
            answer = decoder.next_message()
        except FormatError as error:
            return said + [(error.verdict, vars(error))]
        if answer is END:
            return said + ["end"]
        if answer is NEED_INPUT:
            if begin == len(stream):
                decoder.finish()
            else:
                length = next(lengths)
                decoder.feed(stream[begin : begin + length])
                begin = min(begin + length, len(stream))
        else:
            said.append(answer)


def chance(source, longest):
    while True:
        yield source.randint(1, source.choice([8, 300, longest]))


class RoundTripTest(unittest.TestCase):
    def test_what_is_encoded_is_decoded(self):
        for seed in range(CASES):
            source = random.Random(seed)
            messages = list(random_messages(source.randint(0, 30), seed))
            stream = b"".join(map(encode, messages))
            longest = max([1] + [len(message.data) for message in messages])
            said = answers(stream, longest, chance(source, 70_000))
            self.assertTrue(said == messages + ["end"], f"seed {seed}")

    def test_any_bytes_mean_the_same_however_they_are_cut(self):
        verdicts = {}
        for seed in range(10 * CASES):
            source = random.Random(seed)
            stream = bytearray()
            for _ in range(source.randint(1, 5)):
                message = Message(source.randint(0, 0xFFFF), source.randbytes(source.randint(1, 40)))
                stream += encode(message)
            for _ in range(source.randint(0, 3)):
                if not stream:
                    break
                at = source.randrange(len(stream))
                change = source.randrange(4)
                if change == 0:
                    stream[at] = source.choice([0, 1, 4, 5, 255, source.randrange(256)])
                elif change == 1:
                    del stream[at]
                elif change == 2:
                    stream.insert(at, source.randrange(256))
                else:
                    del stream[at:]
            stream = bytes(stream)
            limit = source.choice([1, 20, 1000, 100_000_000])
            whole = answers(stream, limit, chance(source, 1 << 20))
            for lengths in (iter(lambda: 1, 0), chance(source, 20)):
                self.assertEqual(answers(stream, limit, lengths), whole, f"seed {seed}")
            verdict = whole[-1] if whole[-1] == "end" else whole[-1][0]
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
        print(f"any bytes: {verdicts}")
        self.assertEqual(len(verdicts), 5, "a verdict that never occurs is not tried")

    def test_a_header_costs_no_more_memory_than_has_arrived(self):
        decoder = Decoder()
        decoder.feed(bytes.fromhex("05f5e104 0001 0001"))
        self.assertIs(decoder.next_message(), NEED_INPUT)
        for _ in range(100):
            decoder.feed(bytes(10_000))
            self.assertIs(decoder.next_message(), NEED_INPUT)
        self.assertLess(decoder._buffer.__sizeof__(), 2 * 1_000_008)

    def test_nothing_is_kept_behind_an_error(self):
        decoder = Decoder(limit=10)
        for _ in range(3):
            decoder.feed(bytes.fromhex("05f5e104 0001 0001") + bytes(10_000))
            with self.assertRaises(DataTooLarge):
                decoder.next_message()
            self.assertEqual(len(decoder._buffer), 0)

    def test_limits_and_recipients_out_of_range_are_refused(self):
        for limit in (0, -1, 100_000_001):
            with self.assertRaises(ValueError):
                Decoder(limit)
        for recipient in (-1, 0x10000):
            with self.assertRaises(ValueError):
                encode(Message(recipient, b"data"))
