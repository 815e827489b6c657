"""Sends messages to an echo server, and checks or prints what comes back.

    python3 -m connect_wire.client 127.0.0.1:7000 "Hello world!" "and again"
    python3 -m connect_wire.client 127.0.0.1:7000 --random 10000
    python3 -m connect_wire.client 127.0.0.1:7000 --tls localhost authority.pem --identity client.pem client.key hello
"""

import argparse
import asyncio
import random
import ssl
import sys

from connect_wire.address import address
from connect_wire.connection import connect
from connect_wire.errors import FormatError, TlsTruncated
from connect_wire.frame import HEADER_LEN, Message
from connect_wire.tls import client_context

# Messages that are written together.
BATCH = 64


def random_messages(count, seed):
    """Many short ones, some long ones, and the lengths around which implementations change their ways."""
    source = random.Random(seed)
    edges = [limit + offset for limit in (256, 4096, 16384, 65536) for offset in (-9, -8, -1, 0, 1)]
    for _ in range(count):
        kind = source.random()
        if kind < 0.9:
            length = source.randint(1, 300)
        elif kind < 0.98:
            length = source.choice(edges)
        else:
            length = source.randint(1, 300_000)
        yield Message(source.randint(0, 0xFFFF), source.getrandbits(8 * length).to_bytes(length, "big"))


async def exchange(connection, messages):
    """Sends all messages while it checks that they come back, in order, and then a clean end. Returns the bytes of
    their frames."""

    async def send():
        for begin in range(0, len(messages), BATCH):
            await connection.send(*messages[begin : begin + BATCH])
        await connection.end()

    async def check():
        for index, message in enumerate(messages):
            reply = await connection.receive()
            if reply != message:
                raise ValueError(f"reply {index} is wrong: {reply and (reply.recipient, len(reply.data))}")
        if await connection.receive() is not None:
            raise ValueError("more came back than was sent")

    # Beside each other: a client that only sent would fill the server's queue, and wait for ever.
    sending = asyncio.ensure_future(send())
    try:
        await check()
        await sending
    finally:
        sending.cancel()
    return sum(HEADER_LEN + len(message.data) for message in messages)


async def run(arguments):
    tls = name = None
    if arguments.tls:
        name, authority = arguments.tls
        tls = client_context(authority, *arguments.identity)
    connection = await connect(*arguments.address, tls, name)
    try:
        for text in arguments.text:
            await connection.send(Message(arguments.recipient, text.encode()))
            reply = await connection.receive()
            if reply is None:
                raise ValueError("the server closed without an answer")
            print(f"recipient {reply.recipient}: {reply.data.decode()}")
        messages = list(random_messages(arguments.random, arguments.seed))
        total = await exchange(connection, messages)
    except BaseException:
        connection.abort()
        raise
    await connection.close()
    if messages:
        print(f"{len(messages)} messages, {total} bytes out and back in order")


def main():
    parser = argparse.ArgumentParser(prog="client", description="Sends messages to an echo server.")
    parser.add_argument("address", type=address, metavar="HOST:PORT")
    parser.add_argument("text", nargs="*", help="a message, whose reply is printed")
    parser.add_argument("--recipient", type=int, default=65535, metavar="TAG")
    parser.add_argument("--random", type=int, default=0, metavar="COUNT", help="that many messages of many lengths")
    parser.add_argument("--seed", type=int, default=1, help="what the random messages follow from")
    parser.add_argument("--tls", nargs=2, metavar=("NAME", "CA"), help="the server's name, and who vouches for it")
    parser.add_argument("--identity", nargs=2, default=(), metavar=("CERT", "KEY"), help="PEM files of the client")
    try:
        asyncio.run(run(parser.parse_intermixed_args()))
    except (FormatError, TlsTruncated, OSError, ssl.SSLError, ValueError) as error:
        sys.exit(str(error) or type(error).__name__)


if __name__ == "__main__":
    main()
