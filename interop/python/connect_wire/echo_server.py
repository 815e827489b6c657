"""Sends every message back to whoever sent it.

    python3 -m connect_wire.echo_server 127.0.0.1:7000
    python3 -m connect_wire.echo_server 127.0.0.1:7000 --tls server.pem server.key --client-authority authority.pem
"""

import argparse
import asyncio
import sys

from connect_wire.address import address, written
from connect_wire.connection import serve
from connect_wire.frame import MAX_DATA_LEN
from connect_wire.tls import server_context


async def echo(connection):
    while (message := await connection.receive()) is not None:
        await connection.send(message)
    await connection.close()


def say_error(peer, error):
    print(f"client {peer}: {str(error) or type(error).__name__}", file=sys.stderr, flush=True)


async def run(arguments):
    tls = server_context(*arguments.tls, arguments.client_authority) if arguments.tls else None
    try:
        listener = await serve(echo, *arguments.address, tls, arguments.limit, say_error)
    except OSError as error:
        raise OSError(f"cannot listen on {written(*arguments.address)}: {error}") from error
    print(f"listening on {written(*listener.address)}", flush=True)
    await listener.serve_forever()


def main():
    parser = argparse.ArgumentParser(prog="echo_server", description="Sends every message back to whoever sent it.")
    parser.add_argument("address", type=address, metavar="HOST:PORT", help="port 0: whichever is free")
    parser.add_argument("--limit", type=int, default=MAX_DATA_LEN, metavar="BYTES", help="of data in a message")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="PEM files of the server")
    parser.add_argument("--client-authority", metavar="CA", help="lets in only clients with a certificate of it")
    try:
        asyncio.run(run(parser.parse_args()))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
