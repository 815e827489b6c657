"""HOST:PORT."""

import unittest

from connect_wire.address import address, written


class AddressTest(unittest.TestCase):
    def test_what_is_written_is_read(self):
        for text, expected in [
            ("127.0.0.1:7000", ("127.0.0.1", 7000)),
            ("queue.example:0", ("queue.example", 0)),
            ("[::1]:65535", ("::1", 65535)),
        ]:
            self.assertEqual(address(text), expected)
            self.assertEqual(written(*expected), text)

    def test_anything_else_is_refused(self):
        for text in ("", "7000", "host", "host:", "host:http", "host:-1", "host:65536", "::1:7000"):
            with self.subTest(text), self.assertRaises(ValueError):
                address(text)
