"""Programs that run beside a test, and are ended with it whatever becomes of it."""

import asyncio
import atexit
import os
import signal
import subprocess
import sys
from pathlib import Path

# The folder of built examples: `run` says which.
EXAMPLES = Path(os.environ.get("CONNECT_EXAMPLES", Path(__file__).resolve().parents[3] / "target/debug/examples"))
PYTHON = (sys.executable, "-m")

# Seconds that anything may take.
TIMEOUT = 30

_running = set()


def _kill_all():
    for process in _running:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)


def _end(*_):
    # Not an exception, which would count as one failed test among many.
    _kill_all()
    os._exit(143)


atexit.register(_kill_all)
signal.signal(signal.SIGTERM, _end)


class Process:
    """A program whose lines are kept as they come."""

    @classmethod
    async def start(cls, test, *command):
        """Ended by a cleanup of `test`."""
        process = cls()
        process.command = [str(word) for word in command]
        process.child = await asyncio.create_subprocess_exec(
            *process.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _running.add(process.child)
        process.out, process.err = [], []
        process.changed = asyncio.Event()
        process.readers = [
            asyncio.ensure_future(process._read(process.child.stdout, process.out)),
            asyncio.ensure_future(process._read(process.child.stderr, process.err)),
        ]
        test.addAsyncCleanup(process.end)
        return process

    async def _read(self, stream, lines):
        async for line in stream:
            lines.append(line.decode(errors="replace").rstrip("\n"))
            self.changed.set()

    async def end(self):
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()
        await asyncio.gather(*self.readers)
        _running.discard(self.child)

    async def finish(self):
        """Waits for its own end. Returns its status."""
        try:
            status = await asyncio.wait_for(self.child.wait(), TIMEOUT)
        except asyncio.TimeoutError:
            raise AssertionError(f"does not end: {self}") from None
        await asyncio.gather(*self.readers)
        return status

    async def says(self, lines, text, since=0):
        """Waits for a line of `self.out` or `self.err` that has `text` in it, and returns it."""

        async def wait():
            while True:
                for line in lines[since:]:
                    if text in line:
                        return line
                self.changed.clear()
                await self.changed.wait()

        try:
            return await asyncio.wait_for(wait(), TIMEOUT)
        except asyncio.TimeoutError:
            raise AssertionError(f"does not say {text!r}: {self}") from None

    async def address(self):
        """Where a server listens."""
        line = await self.says(self.out, "listening on ")
        host, _, port = line[len("listening on ") :].rpartition(":")
        return host, int(port)

    def __str__(self):
        return "\n".join([" ".join(self.command), *self.out[-20:], *self.err[-20:]])


def make_certificates(folder):
    """`authority.pem`, and certificate and key of a server, which is localhost, and of a client."""
    subprocess.run([EXAMPLES / "make-certificates", folder], check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT)


async def example(test, name, *arguments):
    return await Process.start(test, EXAMPLES / name, *arguments)


async def python(test, module, *arguments):
    return await Process.start(test, *PYTHON, f"connect_wire.{module}", *arguments)
