"""The echo server as a program: what it says if it cannot begin."""

import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from connect_wire.address import written

TIMEOUT = 30


class EchoServerTest(unittest.TestCase):
    def assert_refuses(self, reason, *arguments):
        """In one line, and with exit code 1."""
        done = subprocess.run(
            [sys.executable, "-m", "connect_wire.echo_server", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=TIMEOUT,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
        self.assertIn(reason, done.stderr)

    def test_an_address_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = written(*taken.getsockname())
            self.assert_refuses(f"cannot listen on {where}: ", where)

    def test_files_that_are_missing_or_no_pem(self):
        with tempfile.TemporaryDirectory() as folder:
            missing, no_pem = Path(folder, "missing"), Path(folder, "no-pem")
            no_pem.write_text("no certificate", encoding="utf-8")
            for file in (missing, no_pem):
                with self.subTest(file.name):
                    command = ("127.0.0.1:0", "--tls", file, os.devnull)
                    self.assert_refuses(f"cannot use {file} and {os.devnull}: ", *command)
                    self.assert_refuses(f"cannot use {file}: ", *command, "--client-authority", file)
